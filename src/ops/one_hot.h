// OneHot: for each index a row of `off` with one `on`. ONNX OneHot, opsets 9, 11 (negative indices).
// Inputs: indices (any numbers), depth (one number), values [off, on]. The new axis stands at `axis` of the output; an index outside of
// [-depth, depth) gives a row of `off`.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct OneHot {
  int64_t axis = -1;
  static constexpr auto fields = std::tuple{field("axis", &OneHot::axis)};
};

}  // namespace burnish::ops
