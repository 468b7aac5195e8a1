// ScatterElements: a copy of data in which single elements are replaced by, or combined with, updates.
// ONNX ScatterElements, opsets 11, 13, 16, 18 (reductions); Scatter, opset 9. Inputs: data, indices (i32 or i64), updates like indices.
#pragma once

#include "ops/scatter_reduction.h"

namespace burnish::ops {

struct ScatterElements {
  int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::none;
  static constexpr auto fields = std::tuple{field("axis", &ScatterElements::axis), field("reduction", &ScatterElements::reduction)};
};

}  // namespace burnish::ops
