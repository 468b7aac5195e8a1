// Coordinates and weights of Resize: see the header.
#include "ops/resize_axis.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/axes.h"

namespace burnish::ops {
namespace {

constexpr int64_t largest = int64_t{1} << 31;

int64_t checked_size(int64_t size) {
  if (size < 0 or size > largest) fail("the size {} is out of range", size);
  return size;
}

double checked_scale(double scale) {
  if (not(scale > 0) or not std::isfinite(scale)) fail("the scale {} is not positive", scale);
  return scale;
}

void apply_scales(std::vector<ResizeAxis>& all, const std::vector<size_t>& axes, const Tensor& scales) {
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& axis = all[axes[i]];
    axis.scale = checked_scale(scales.number(static_cast<int64_t>(i)));
    // The product is rounded to float first, so that a third of 9 is 3.
    const double product = static_cast<float>(static_cast<float>(axis.scale) * static_cast<float>(axis.input));
    if (product > static_cast<double>(largest)) fail("the scale {} makes an axis of {} too large", axis.scale, axis.input);
    axis.output = static_cast<int64_t>(product);
  }
}

void apply_sizes(const Resize& op, std::vector<ResizeAxis>& all, const std::vector<size_t>& axes, const Tensor& sizes) {
  double common = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizeAxis& axis = all[axes[i]];
    axis.output = checked_size(sizes.integer(static_cast<int64_t>(i)));
    if (axis.input == 0 and axis.output > 0) fail("an empty axis cannot be resized to {}", axis.output);
    axis.scale = axis.input == 0 ? 1 : static_cast<double>(axis.output) / static_cast<double>(axis.input);
    const bool better = op.aspect == ResizeAspect::not_larger ? axis.scale < common : axis.scale > common;
    if (i == 0 or better) common = axis.scale;
  }
  if (op.aspect == ResizeAspect::stretch) return;
  for (const size_t i : axes) {
    all[i].scale = common;
    all[i].output = checked_size(static_cast<int64_t>(std::floor(std::min(common * static_cast<double>(all[i].input), 4e9) + 0.5)));
  }
}

void apply_roi(std::vector<ResizeAxis>& all, const std::vector<size_t>& axes, const Tensor& roi) {
  const auto count = static_cast<int64_t>(axes.size());
  if (roi.size() != 2 * count) fail("the region of interest has {} values, but {} axes need {}", roi.size(), count, 2 * count);
  for (int64_t i = 0; i < count; ++i) {
    all[axes[static_cast<size_t>(i)]].roi_begin = roi.number(i);
    all[axes[static_cast<size_t>(i)]].roi_end = roi.number(count + i);
  }
}

double cubic_weight(double distance, double a) {
  const double x = std::fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

double linear_weight(double distance) { return std::max(0.0, 1 - std::fabs(distance)); }

}  // namespace

std::vector<size_t> resized_axes(const Resize& op, size_t rank) {
  std::vector<size_t> axes;
  marked_axes(op.axes, rank);
  for (const int64_t axis : op.axes) axes.push_back(normalized_axis(axis, rank));
  for (size_t axis = 0; op.axes.empty() and axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

std::vector<ResizeAxis> resize_axes(const Resize& op, const Dims& input, const Tensor& roi, const Tensor& scales, const Tensor& sizes) {
  const std::vector<size_t> axes = resized_axes(op, input.size());
  std::vector<ResizeAxis> all(input.size());
  for (size_t i = 0; i < input.size(); ++i) all[i].input = all[i].output = input[i];
  const Tensor& given = sizes.defined() ? sizes : scales;
  if (given.size() != static_cast<int64_t>(axes.size())) fail("there are {} scales or sizes for {} axes", given.size(), axes.size());
  if (sizes.defined()) apply_sizes(op, all, axes, sizes);
  else apply_scales(all, axes, scales);
  if (op.coordinates == ResizeCoordinates::tf_crop_and_resize) {
    if (not roi.defined()) fail("the coordinates tf_crop_and_resize need a region of interest");
    apply_roi(all, axes, roi);
  }
  return all;
}

double source_position(const Resize& op, const ResizeAxis& axis, int64_t output) {
  const auto at = static_cast<double>(output);
  const auto last = static_cast<double>(axis.input - 1);
  const double width = axis.scale * static_cast<double>(axis.input);
  const auto position = [&]() -> double {
    switch (op.coordinates) {
      case ResizeCoordinates::half_pixel: return (at + 0.5) / axis.scale - 0.5;
      case ResizeCoordinates::half_pixel_symmetric:
        return static_cast<double>(axis.input) / 2 * (1 - static_cast<double>(axis.output) / width) + (at + 0.5) / axis.scale - 0.5;
      case ResizeCoordinates::pytorch_half_pixel: return axis.output > 1 ? (at + 0.5) / axis.scale - 0.5 : 0;
      case ResizeCoordinates::align_corners: return axis.output > 1 ? at * last / (width - 1) : 0;
      case ResizeCoordinates::asymmetric: return at / axis.scale;
      case ResizeCoordinates::tf_crop_and_resize:
        return axis.roi_begin * last +
               (axis.output > 1 ? at * (axis.roi_end - axis.roi_begin) * last / (width - 1) : (axis.roi_end - axis.roi_begin) * last / 2);
      case ResizeCoordinates::tf_half_pixel_for_nn: return (at + 0.5) / axis.scale;
    }
    return 0;
  }();
  return op.mode == ResizeMode::nearest ? static_cast<float>(position) : position;
}

int64_t nearest_source(const Resize& op, const ResizeAxis& axis, int64_t output) {
  const double position = source_position(op, axis, output);
  const auto rounded = [&] {
    switch (op.nearest) {
      case ResizeNearest::round_prefer_floor: return std::ceil(position - 0.5);
      case ResizeNearest::round_prefer_ceil: return std::floor(position + 0.5);
      case ResizeNearest::floor: return std::floor(position);
      case ResizeNearest::ceil: return std::ceil(position);
    }
    return position;
  }();
  const double inside = std::clamp(rounded, 0.0, static_cast<double>(axis.input - 1));
  return std::isnan(inside) ? 0 : static_cast<int64_t>(inside);
}

std::vector<ResizeTap> interpolation_taps(const Resize& op, const ResizeAxis& axis, int64_t output) {
  const double asked = source_position(op, axis, output);
  const auto extent = static_cast<double>(axis.input);
  // Far outside only the edge is read; this also keeps the conversion below in range.
  const double position = std::isnan(asked) ? 0 : std::clamp(asked, -4.0 - extent, 2 * extent + 4.0);
  const double shrink = op.antialias ? std::min(axis.scale, 1.0) : 1.0;
  const double radius = (op.mode == ResizeMode::cubic ? 2 : 1) / shrink;
  const auto first = static_cast<int64_t>(std::floor(position - radius)) + 1;
  const auto last = static_cast<int64_t>(std::ceil(position + radius)) - 1;
  std::vector<ResizeTap> taps;
  double sum = 0;
  for (int64_t i = first; i <= last; ++i) {
    const double distance = (static_cast<double>(i) - position) * shrink;
    const bool outside = i < 0 or i >= axis.input;
    const double weight = outside and op.exclude_outside ? 0
                          : op.mode == ResizeMode::cubic ? cubic_weight(distance, op.cubic_a)
                                                         : linear_weight(distance);
    taps.push_back({std::clamp<int64_t>(i, 0, axis.input - 1), weight});
    sum += weight;
  }
  for (ResizeTap& tap : taps) tap.weight = sum == 0 ? 1 / static_cast<double>(taps.size()) : tap.weight / sum;
  return taps;
}

}  // namespace burnish::ops
