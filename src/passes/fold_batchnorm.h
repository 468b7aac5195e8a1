// Writes an inference BatchNormalization with constant parameters as what it is, a factor and an addend for each channel:
//   y = x * s + (bias - mean * s),  s = scale / sqrt(variance + epsilon)
// fold_scale then puts both into the Conv, ConvTranspose or MatMul before it; without one they fuse like any pointwise operator.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldBatchnorm {
  static constexpr std::string_view name = "fold_batchnorm";
  static constexpr std::string_view summary = "writes batch normalization as one multiplication and one addition";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
