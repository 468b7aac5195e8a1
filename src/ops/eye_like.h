// EyeLike: a matrix shaped like the input, with ones on diagonal k. ONNX EyeLike, opsets 9, 22.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct EyeLike {
  DType dtype = DType::f32;
  int64_t k = 0;
  static constexpr auto fields = std::tuple{field("dtype", &EyeLike::dtype), field("k", &EyeLike::k)};
};

}  // namespace burnish::ops
