// RoiAlign: a grid of bins over each region, each the mean or maximum of bilinear samples. ONNX RoiAlign, opsets 10, 16, 22.
// Inputs: X [N,C,H,W], regions [R,4] (x1, y1, x2, y2), batch indices [R]. Output [R,C,height,width].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct RoiAlign {
  int64_t height = 1;
  int64_t width = 1;
  int64_t samples = 0;  // along each axis of a bin; 0: as many as the bin spans elements
  double scale = 1;     // from region coordinates to elements of X
  bool half_pixel = true;
  bool maximum = false;
  static constexpr auto fields =
      std::tuple{field("height", &RoiAlign::height), field("width", &RoiAlign::width),           field("samples", &RoiAlign::samples),
                 field("scale", &RoiAlign::scale),   field("half_pixel", &RoiAlign::half_pixel), field("maximum", &RoiAlign::maximum)};
};

/// Where the samples of a region lie along one axis of X: `count` for each bin.
struct RoiAxis {
  double begin = 0;
  double bin = 0;  // length of one
  int64_t count = 0;
};
RoiAxis roi_axis(const RoiAlign& op, double begin, double end, int64_t bins);

/// One sampling position: two neighbours and the weight of the second; `inside` is false where it counts as 0.
struct RoiSample {
  bool inside = false;
  int64_t low = 0;
  int64_t high = 0;
  double weight = 0;
};
RoiSample roi_sample(const RoiAxis& axis, int64_t bin, int64_t index, int64_t extent);

}  // namespace burnish::ops
