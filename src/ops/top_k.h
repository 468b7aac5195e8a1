// TopK: the k largest or smallest elements along an axis, and where they stood. ONNX TopK, opsets 1 (k attribute), 10, 11, 24.
// Inputs: data, k (i64, one element). Outputs: values, indices (i64). Equal elements come in order of index; NaN counts as largest.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct TopK {
  int64_t axis = -1;
  bool largest = true;
  bool sorted = true;
  static constexpr auto fields = std::tuple{field("axis", &TopK::axis), field("largest", &TopK::largest), field("sorted", &TopK::sorted)};
};

}  // namespace burnish::ops
