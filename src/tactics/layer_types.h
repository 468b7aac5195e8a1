// Turns types that the application asks of layers by name into candidates that nodes may not use. A node made of several layers follows the most
// particular entry that names one of them. Called by the build between measuring and the global choice. It never chooses, and adds no candidates.
#pragma once

#include <optional>

#include "burnish/layer_types.h"
#include "burnish/logger.h"
#include "tactics/candidates.h"

namespace burnish::tactics {

/// For each node of the set, for each of its candidates: whether it may not be chosen.
using RuledOut = std::vector<std::vector<bool>>;

/// Beside demands, `permitted` is the storage that layers without one may use. Where no candidate of a node has what is asked: throws Error that
/// names all such layers under `obey`; under `prefer` it warns, and the node chooses freely.
RuledOut rule_out(const Graph& graph, const CandidateSet& found, const LayerDemands& demands, std::span<const DType> permitted,
                  const Logger& logger);

/// The floating types that must be permitted for the demands to be met at all.
std::vector<DType> storage_asked_for(const LayerDemands& demands);

/// What a candidate computes in: i8 for products of bytes, else what it multiplies in or the narrowest type it reads; nothing where it touches
/// no floats, or only moves them.
std::optional<DType> computes_in(const OpRequest& request, const Candidate& candidate);

}  // namespace burnish::tactics
