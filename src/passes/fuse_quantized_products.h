// Makes products of dequantized tensors integer: Conv and MatMul whose input is DequantizeLinear(u8 or i8, one known scale) and whose weight
// is DequantizeLinear(constant) become QuantizedConv and QuantizedMatMul, with the scales of both folded into one for each output channel and
// the weight's zero point folded into the weight. Weights that no product took are dequantized for good.
// Called after propagation, while weights are still quantized and before anything is fused.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseQuantizedProducts {
  static constexpr std::string_view name = "fuse_quantized_products";
  static constexpr std::string_view summary = "makes products of dequantized tensors integer";
  bool run(Graph& graph) const;
};

/// Afterwards: DequantizeLinear of constants, which would be computed again with every run.
struct FoldQuantizedWeights {
  static constexpr std::string_view name = "fold_quantized_weights";
  static constexpr std::string_view summary = "dequantizes the 8-bit weights that no integer product reads";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
