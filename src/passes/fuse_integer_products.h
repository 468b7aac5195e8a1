// Makes MatMulInteger and ConvInteger products of bytes: a MatMul or Conv of (integers - zero point) with constant weights, whose sums become f32,
// turns into QuantizedMatMul or QuantizedConv. Weights that i8 does not hold are shifted, and what x sums up to makes up for it. The zero point of x may be known only while running. Of a product of two scales behind it,
// as dynamic quantization writes them, the constant one goes into the weights' scale, so that one number is left to multiply by.
// Called before anything is fused; the importer writes these operators in whole numbers, exactly as ONNX defines them.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseIntegerProducts {
  static constexpr std::string_view name = "fuse_integer_products";
  static constexpr std::string_view summary = "makes products of centered integers products of bytes";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
