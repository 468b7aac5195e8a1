// Select: elements of two tensors of any type, chosen by a boolean, with broadcasting. ONNX Where on strings and complex numbers, opset 9;
// on real types Where is a Pointwise. Inputs: condition, where true, where false.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Select {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
