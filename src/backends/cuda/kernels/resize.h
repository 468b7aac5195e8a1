// The source of Resize by interpolation: see interpolate.cuh. The tactic of resize.cpp and tests use it.
#pragma once

#include <array>
#include <string>

#include "burnish/dtype.h"

namespace burnish::cuda {

struct ResizeShape {
  DType storage = DType::f32;
  size_t rank = 1;
  uint32_t tapped = 0;               // bit i: axis i is interpolated
  std::array<int, 3> taps{1, 1, 1};  // of the interpolated axes in order
  int run = 1;                       // neighbours summed by one thread
};
std::string resize_source(const ResizeShape& shape);

}  // namespace burnish::cuda
