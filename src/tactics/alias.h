// Candidates that need no step at all: views, and concatenations and splits whose parts lie one after the other in memory.
// Called by `candidates` for every node. A part that cannot share memory after all is copied by the plan; its cost is estimated here.
#pragma once

#include "tactics/candidates.h"

namespace burnish::tactics {

/// All aliases of a node, one for each layout and storage type in which they hold; none for most operators.
std::vector<Candidate> alias_candidates(const Graph& graph, const Node& node, const OpRequest& request, const Backend& backend);

/// Whether parts along `axis`, of these extents, lie one after the other in a tensor of this layout.
bool parts_are_contiguous(const Layout& layout, std::span<const int64_t> dims, size_t axis, std::span<const int64_t> extents);

}  // namespace burnish::tactics
