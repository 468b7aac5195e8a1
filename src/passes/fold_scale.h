// Puts constant factors and addends that follow a Conv, ConvTranspose or MatMul into its weights and bias, and joins consecutive
// ones: (x*a)*b, (x+a)+b, and (x+a)*b behind a linear operator. One number or one for each output channel; weights must be constant
// and the linear operator read by nobody else. A MatMul has no bias: an addend stays behind it, for the epilogue.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldScale {
  static constexpr std::string_view name = "fold_scale";
  static constexpr std::string_view summary = "puts constant factors and addends into weights and biases";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
