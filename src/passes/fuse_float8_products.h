// Products of tensors quantized to float8 (e4m3): Conv and MatMul of DequantizeLinear with constant weights become QuantizedConv and
// QuantizedMatMul, as with bytes; LowerFloat8 writes the steps that remain as pointwise programs.
// Run only for backends that multiply float8 faster than halves; elsewhere quantization to float8 stays as the model has it.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseFloat8Products {
  static constexpr std::string_view name = "fuse_float8_products";
  static constexpr std::string_view summary = "makes products of float8 tensors products with a scale";
  bool run(Graph& graph) const;
};

struct LowerFloat8 {
  static constexpr std::string_view name = "lower_float8";
  static constexpr std::string_view summary = "writes quantization to float8 as pointwise programs";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
