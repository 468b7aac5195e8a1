// Integer products in floating point, for backends without a kernel for one: x becomes numbers, the weights carry the scale, and a plain Conv
// or MatMul with the same epilogue computes on them. Called by candidates where no tactic takes the integer form.
#pragma once

#include <optional>

#include "ir/patch.h"

namespace burnish::tactics {

/// The node as explicit steps. Nothing where it is no integer product, or weight or scale are not known.
std::optional<Patch> expand_quantized(const Graph& graph, const Node& node);

}  // namespace burnish::tactics
