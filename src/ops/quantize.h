// QuantizeLinear and DequantizeLinear: explicit quantization, per tensor, per axis or per block. ONNX opsets 10, 13, 19, 21, 23.
// Quantize: x, scale, optional zero point -> integer or float8. Dequantize: q, scale, optional zero point -> floating.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct QuantizeLinear {
  int64_t axis = 1;
  int64_t block_size = 0;
  DType output = DType::u8;  // where no zero point names it
  DType precision = DType::f32;
  bool saturate = true;
  static constexpr auto fields = std::tuple{field("axis", &QuantizeLinear::axis), field("block_size", &QuantizeLinear::block_size),
                                            field("output", &QuantizeLinear::output), field("precision", &QuantizeLinear::precision),
                                            field("saturate", &QuantizeLinear::saturate)};
};

struct DequantizeLinear {
  int64_t axis = 1;
  int64_t block_size = 0;
  DType output = DType::f32;
  static constexpr auto fields = std::tuple{field("axis", &DequantizeLinear::axis), field("block_size", &DequantizeLinear::block_size),
                                            field("output", &DequantizeLinear::output)};
};

}  // namespace burnish::ops
