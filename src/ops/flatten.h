// Flatten: a matrix of the axes before and from `axis` on. ONNX Flatten, opsets 1 to 25.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Flatten {
  int64_t axis = 1;  // in [-rank, rank]
  static constexpr auto fields = std::tuple{field("axis", &Flatten::axis)};
};

}  // namespace burnish::ops
