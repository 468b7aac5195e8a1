// One axis of a Resize: which extents and scale it has, and where each output position reads from, by ONNX's coordinate rules.
// Called by Resize's inference and reference evaluation, and by kernels, so that all of them read the same elements.
#pragma once

#include <optional>
#include <vector>

#include "ops/resize.h"

namespace burnish::ops {

struct ResizeAxis {
  int64_t input = 1;
  int64_t output = 1;
  double scale = 1;  // as given; output / input where sizes are given
  double roi_begin = 0;
  double roi_end = 1;
  bool unchanged() const { return input == output and scale == 1; }
};

/// The axes that `op.axes` names (all where it is empty), normalized; Error on one out of range or named twice.
std::vector<size_t> resized_axes(const Resize& op, size_t rank);

/// Every axis of the input, for constant parameters (an undefined tensor where omitted); Error where they do not fit.
std::vector<ResizeAxis> resize_axes(const Resize& op, const Dims& input, const Tensor& roi, const Tensor& scales, const Tensor& sizes);

/// The position in the input, which may lie outside. For nearest it is rounded to float, as decisions at ties depend on it.
double source_position(const Resize& op, const ResizeAxis& axis, int64_t output);

/// The element that nearest mode reads; always inside.
int64_t nearest_source(const Resize& op, const ResizeAxis& axis, int64_t output);

/// The elements an output position is a weighted sum of: indices inside, weights that sum to 1.
struct ResizeTap {
  int64_t source = 0;
  double weight = 0;
};
std::vector<ResizeTap> interpolation_taps(const Resize& op, const ResizeAxis& axis, int64_t output);

}  // namespace burnish::ops
