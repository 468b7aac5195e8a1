// Hardmax: 1 at the first largest element along an axis, 0 elsewhere. ONNX Hardmax, opset 13 form; older ones are imported with reshapes.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Hardmax {
  int64_t axis = -1;
  static constexpr auto fields = std::tuple{field("axis", &Hardmax::axis)};
};

}  // namespace burnish::ops
