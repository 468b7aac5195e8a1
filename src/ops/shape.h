// ShapeOf, named "Shape" as in ONNX: the sizes of a tensor's axes as i64. ONNX Shape, opsets 1, 13, 15 (start, end) and later.
// Inference knows its values, so that shape arithmetic folds away.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct ShapeOf {
  int64_t start = 0;
  int64_t end = INT64_MAX;  // both are clamped to the rank; negative ones count from the end
  static constexpr auto fields = std::tuple{field("start", &ShapeOf::start), field("end", &ShapeOf::end)};
};

}  // namespace burnish::ops
