// CumSum: running sums along an axis. ONNX CumSum, opsets 11, 14.
// Inputs: data, axis (i32 or i64, one element). `exclusive` leaves an element out of its own sum; `reverse` runs from the end.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct CumSum {
  bool exclusive = false;
  bool reverse = false;
  static constexpr auto fields = std::tuple{field("exclusive", &CumSum::exclusive), field("reverse", &CumSum::reverse)};
};

}  // namespace burnish::ops
