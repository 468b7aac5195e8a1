// LRN: each element divided by a power of the mean square over neighbouring channels. ONNX LRN, opsets 1, 13.
// Input X [N,C,...]; y = x / (bias + alpha / size * sum of squares over `size` channels around)^beta.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Lrn {
  int64_t size = 1;
  double alpha = 1e-4;
  double beta = 0.75;
  double bias = 1;
  static constexpr auto fields =
      std::tuple{field("size", &Lrn::size), field("alpha", &Lrn::alpha), field("beta", &Lrn::beta), field("bias", &Lrn::bias)};
};

}  // namespace burnish::ops
