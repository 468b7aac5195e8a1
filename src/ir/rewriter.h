// Applies a rule over a graph until nothing changes: the loop that passes would otherwise each write again.
// A rule looks at one node and returns a Patch or nothing. The rewriter applies it, removes dead nodes and keeps provenance.
#pragma once

#include <functional>
#include <optional>

#include "ir/patch.h"

namespace burnish {

using Rule = std::function<std::optional<Patch>(const Graph&, const Node&)>;

/// Sweeps in order of execution until a sweep changes nothing (at most 64 sweeps). True where anything changed.
bool rewrite(Graph& graph, const Rule& rule);

}  // namespace burnish
