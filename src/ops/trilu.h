// Trilu: the upper or lower triangle of the last two axes; zeros elsewhere. ONNX Trilu, opset 14.
// Inputs: data, optional k (i64, one element): the diagonal that bounds the triangle, 0 where omitted.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Trilu {
  bool upper = true;
  static constexpr auto fields = std::tuple{field("upper", &Trilu::upper)};
};

}  // namespace burnish::ops
