// Split: a tensor cut along an axis. ONNX Split, opsets 1, 2, 11, 13, 18 (num_outputs).
// Inputs: data, optional split i64 [outputs]. Without it, equal parts, the last one smaller.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Split {
  int64_t axis = 0;
  static constexpr auto fields = std::tuple{field("axis", &Split::axis)};
};

}  // namespace burnish::ops
