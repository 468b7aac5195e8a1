// Reshape: the same row-major elements under another shape. ONNX Reshape, opsets 1 (attribute), 5, 13, 14 (allowzero) and later.
// Inputs: data, shape i64 [r] (0 copies unless allow_zero, -1 is inferred). Passes turn every static view into this form.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Reshape {
  bool allow_zero = false;
  static constexpr auto fields = std::tuple{field("allow_zero", &Reshape::allow_zero)};
};

}  // namespace burnish::ops
