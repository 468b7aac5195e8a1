// Expand: a tensor broadcast against a shape, both ways as in NumPy. ONNX Expand, opsets 8, 13.
// Inputs: data, shape i64 [r].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Expand {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
