// Choices and candidates brought together: the unique names nodes have in a choices file, and which candidates pinned choices leave.
// Called by `assign`. It never looks at costs.
#pragma once

#include "tactics/candidates.h"
#include "tactics/choices.h"

namespace burnish::tactics {

/// For each node of the set its name, made unique by "#2", "#3" where several share one.
std::vector<std::string> unique_names(const Graph& graph, const CandidateSet& found);

/// For each node the candidates that may be chosen: all, or what `pinned` (nullptr: nothing) names.
/// Throws Error that names the nearest node, or the available tactics and variants, where a choice does not fit.
std::vector<std::vector<uint32_t>> allowed_candidates(const Graph& graph, const CandidateSet& found, const Choices* pinned);

/// The choices that name a node of this set and a candidate it has: for the same network in other circumstances, where sizes or outputs decide
/// which variants there are.
Choices fitting(const Choices& all, const Graph& graph, const CandidateSet& found);

}  // namespace burnish::tactics
