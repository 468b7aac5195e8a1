// DynamicQuantizeLinear: bytes for a tensor by its own range, which is spread over the 256 values of u8, zero included. ONNX opset 11.
// Input: x (f32). Outputs: y (u8, as x), scale (f32, one value), zero point (u8, one value): x is about (y - zero point) * scale.
// Where x holds nothing but zeros, the scale is 1. NaN counts for no range and becomes the zero point.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct DynamicQuantizeLinear {
  enum Output : size_t { y, scale, zero_point, count };
  static constexpr auto fields = std::tuple{};
};

struct ByteScale {
  float scale = 1;
  float zero_point = 0;  // whole, 0 to 255
};
/// For numbers between `low` and `high`, of which the first is at most 0 and the second at least 0.
ByteScale byte_scale(float low, float high);

}  // namespace burnish::ops
