// Unsqueeze: axes of size 1 inserted; they are counted in the output. ONNX Unsqueeze, opsets 1 and 11 (attribute), 13 and later.
// Inputs: data, axes i64 [n]. Passes turn it into Reshape where its shape is static.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Unsqueeze {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
