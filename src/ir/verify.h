// Checks every promise a graph makes: ids in range, uses listed on both sides, one producer a value, no cycle, types as inferred.
// The pass manager calls it after every pass, the engine reader after parsing. It never changes the graph.
#pragma once

#include "ir/graph.h"

namespace burnish {

/// Throws Error that names the node or value and the broken promise. `infer` also infers each node again and compares types.
void verify(const Graph& graph, bool infer = true);

}  // namespace burnish
