// If: one of two bodies, chosen by a boolean. ONNX If, opsets 1 to 25.
// Inputs: condition (boolean, one element), then the inputs of the first body, then those of the second. Regions: then, else.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct If {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
