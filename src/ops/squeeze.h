// Squeeze: axes of size 1 taken away. ONNX Squeeze, opsets 1 and 11 (attribute), 13 and later.
// Inputs: data, optional axes i64 [n] (all axes of size 1 where omitted). Passes turn it into Reshape where its shape is static.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Squeeze {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
