// StringEqual: whether two strings are the same, elementwise with broadcasting. ONNX Equal on strings, opset 19.
// Inputs: two string tensors. Output: boolean.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct StringEqual {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
