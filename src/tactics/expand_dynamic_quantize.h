// Dynamic quantization as plain steps, for backends without a kernel for it: two reductions, a program for scale and zero point, and one for
// the bytes. Called by candidates where no tactic takes DynamicQuantizeLinear.
#pragma once

#include <optional>

#include "ir/patch.h"

namespace burnish::tactics {

/// Nothing where the node is no DynamicQuantizeLinear.
std::optional<Patch> expand_dynamic_quantize(const Graph& graph, const Node& node);

}  // namespace burnish::tactics
