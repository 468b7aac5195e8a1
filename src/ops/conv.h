// Conv: N-dimensional cross-correlation. ONNX Conv, opsets 1, 11, 22.
// Inputs: X [N,C,d...], W [M,C/group,k...], optional B [M]. Output [N,M,o...]. Empty strides and dilations mean 1, empty pads 0.
#pragma once

#include "ops/window.h"

namespace burnish::ops {

struct Conv {
  std::vector<int64_t> strides;
  std::vector<int64_t> pads;  // begins, then ends
  std::vector<int64_t> dilations;
  int64_t group = 1;
  AutoPad auto_pad = AutoPad::explicit_pads;
  static constexpr auto fields =
      std::tuple{field("strides", &Conv::strides), field("pads", &Conv::pads), field("dilations", &Conv::dilations),
                 field("group", &Conv::group), field("auto_pad", &Conv::auto_pad)};
};

/// The window of a convolution over input and weight types; Error where they do not fit.
Window window_of(const Conv& conv, const Shape& input, const Shape& weight);

}  // namespace burnish::ops
