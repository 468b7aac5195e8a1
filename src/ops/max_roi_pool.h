// MaxRoiPool: the maximum over each bin of a grid laid over each region. ONNX MaxRoiPool, opsets 1, 22.
// Inputs: X [N,C,H,W], regions [R,5] (batch index, x1, y1, x2, y2). Output [R,C,height,width].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct MaxRoiPool {
  int64_t height = 1;
  int64_t width = 1;
  double scale = 1;
  static constexpr auto fields =
      std::tuple{field("height", &MaxRoiPool::height), field("width", &MaxRoiPool::width), field("scale", &MaxRoiPool::scale)};
};

}  // namespace burnish::ops
