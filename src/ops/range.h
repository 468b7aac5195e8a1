// Range: start, start + delta, start + 2 delta, ... below (or, for negative delta, above) limit. ONNX Range, opsets 11, 27.
// Inputs: start, limit, delta: three scalars of one type.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Range {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
