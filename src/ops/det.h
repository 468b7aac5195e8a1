// Det: the determinant of square matrices. ONNX Det, opsets 11, 22. Input [..., M, M], output [...].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Det {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
