// ConvTranspose: the gradient of Conv with respect to its input. ONNX ConvTranspose, opsets 1, 11, 22.
// Inputs: X [N,C,d...], W [C,M/group,k...], optional B [M]. Output [N,M,o...].
#pragma once

#include "ops/window.h"

namespace burnish::ops {

struct ConvTranspose {
  std::vector<int64_t> strides;
  std::vector<int64_t> pads;
  std::vector<int64_t> dilations;
  std::vector<int64_t> output_padding;
  std::vector<int64_t> output_shape;  // spatial extents; decides the pads where given
  int64_t group = 1;
  AutoPad auto_pad = AutoPad::explicit_pads;
  static constexpr auto fields =
      std::tuple{field("strides", &ConvTranspose::strides),           field("pads", &ConvTranspose::pads),
                 field("dilations", &ConvTranspose::dilations),       field("output_padding", &ConvTranspose::output_padding),
                 field("output_shape", &ConvTranspose::output_shape), field("group", &ConvTranspose::group),
                 field("auto_pad", &ConvTranspose::auto_pad)};
};

/// Strides, dilations and pads with everything implicit resolved, for static spatial extents.
Window window_of(const ConvTranspose& conv, const Shape& input, const Shape& weight);

}  // namespace burnish::ops
