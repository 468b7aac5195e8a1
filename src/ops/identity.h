// Identity: its input, unchanged. ONNX Identity (tensors), opsets 1 to 25. Passes remove it.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Identity {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
