// ConstantOfShape: a tensor of a given shape, all elements equal. ONNX ConstantOfShape, opsets 9 to 25.
// Input: shape i64 [r]. The element is `value` for floating types, `integer` for all others.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct ConstantOfShape {
  DType dtype = DType::f32;
  double value = 0;
  int64_t integer = 0;
  static constexpr auto fields = std::tuple{field("dtype", &ConstantOfShape::dtype), field("value", &ConstantOfShape::value),
                                            field("integer", &ConstantOfShape::integer)};
};

}  // namespace burnish::ops
