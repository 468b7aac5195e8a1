// Concat: tensors of one type joined along an axis. ONNX Concat, opsets 1 (default axis 1), 4, 11, 13.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Concat {
  int64_t axis = 0;
  static constexpr auto fields = std::tuple{field("axis", &Concat::axis)};
};

}  // namespace burnish::ops
