// Softmax: exp(x - max) / sum along one axis, or its logarithm. ONNX Softmax and LogSoftmax, opset 13 form.
// Older opsets flatten to two axes: their import adds the reshapes. Input and output have the same type.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Softmax {
  int64_t axis = -1;
  bool log = false;
  static constexpr auto fields = std::tuple{field("axis", &Softmax::axis), field("log", &Softmax::log)};
};

}  // namespace burnish::ops
