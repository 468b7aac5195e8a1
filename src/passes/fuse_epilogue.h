// Puts a pointwise program behind the operator that feeds it: Conv, ConvTranspose, MatMul, Attention, normalizations, Softmax, Pool,
// Reduce or Resize become the anchor of a Fused node, the program its epilogue, with residuals and the like as further inputs.
// The program must run over exactly the anchor's output, in floating types (behind integer products and normalizations also in bytes),
// and none of its other inputs may depend on that output.
// Where others read the anchor's output too, it becomes one more output. Called last: nothing after it looks into Fused nodes.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseEpilogue {
  static constexpr std::string_view name = "fuse_epilogue";
  static constexpr std::string_view summary = "puts pointwise programs behind the operator that feeds them";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
