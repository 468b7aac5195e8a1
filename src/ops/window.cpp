// Sliding windows: see the header.
#include "ops/window.h"

#include <algorithm>

#include "base/error.h"
#include "ops/import.h"

namespace burnish::ops {
namespace {

// Larger numbers have no use, and their sums and products must not overflow.
constexpr int64_t largest = int64_t{1} << 31;

void fill_and_check(std::vector<int64_t>& values, size_t count, int64_t otherwise, int64_t least, std::string_view name) {
  if (values.empty()) values.assign(count, otherwise);
  if (values.size() != count) fail("{} has {} values, but there are {} spatial axes", name, values.size(), count);
  for (const int64_t value : values)
    if (value < least or value > largest) fail("{} holds {}; it must be from {} to {}", name, value, least, largest);
}

void fill_and_check_pads(std::vector<int64_t>& pads, size_t axes) {
  if (pads.empty()) pads.assign(2 * axes, 0);
  if (pads.size() != 2 * axes) fail("pads has {} values, but {} spatial axes need {}", pads.size(), axes, 2 * axes);
  for (const int64_t value : pads)
    if (value < 0 or value > largest) fail("pads holds {}; it must be from 0 to {} (a Slice crops)", value, largest);
}

int64_t reach(const Window& window, size_t axis) { return (window.kernel[axis] - 1) * window.dilations[axis] + 1; }

void resolve_same(Window& window, std::span<const Dim> spatial, bool upper) {
  const size_t axes = spatial.size();
  for (size_t axis = 0; axis < axes; ++axis) {
    int64_t total = reach(window, axis) - 1;
    if (window.strides[axis] != 1) {
      if (not spatial[axis].is_constant())
        fail_unsupported("automatic padding with stride {} needs a static extent, but spatial axis {} is {}", window.strides[axis], axis,
                         spatial[axis].text());
      const int64_t extent = spatial[axis].value();
      const int64_t outputs = (extent + window.strides[axis] - 1) / window.strides[axis];
      total = std::max<int64_t>((outputs - 1) * window.strides[axis] + reach(window, axis) - extent, 0);
    }
    const int64_t smaller = total / 2;
    window.pads[axis] = upper ? smaller : total - smaller;
    window.pads[axes + axis] = total - window.pads[axis];
  }
}

Window checked_window(size_t axes, std::vector<int64_t> kernel, std::vector<int64_t> strides, std::vector<int64_t> dilations,
                      std::vector<int64_t> pads) {
  Window window{std::move(kernel), std::move(strides), std::move(dilations), std::move(pads)};
  if (window.kernel.size() != axes) fail("the kernel has {} extents, but there are {} spatial axes", window.kernel.size(), axes);
  fill_and_check(window.kernel, axes, 1, 1, "the kernel");
  fill_and_check(window.strides, axes, 1, 1, "strides");
  fill_and_check(window.dilations, axes, 1, 1, "dilations");
  fill_and_check_pads(window.pads, axes);
  for (size_t axis = 0; axis < axes; ++axis)
    if (reach(window, axis) > largest) fail("a kernel of {} with dilation {} is too large", window.kernel[axis], window.dilations[axis]);
  return window;
}

}  // namespace

AutoPad import_auto_pad(const ImportContext& context) {
  const std::string name = context.string_or("auto_pad", "NOTSET");
  if (name == "NOTSET" or name.empty()) return AutoPad::explicit_pads;
  if (name == "SAME_UPPER") return AutoPad::same_upper;
  if (name == "SAME_LOWER") return AutoPad::same_lower;
  if (name == "VALID") return AutoPad::valid;
  fail("auto_pad is `{}`; it must be NOTSET, SAME_UPPER, SAME_LOWER or VALID", name);
}

Window resolved_window(std::span<const Dim> spatial, std::vector<int64_t> kernel, std::vector<int64_t> strides,
                       std::vector<int64_t> dilations, std::vector<int64_t> pads, AutoPad auto_pad, bool /*ceil_mode*/) {
  if (auto_pad != AutoPad::explicit_pads) pads.clear();
  Window window = checked_window(spatial.size(), std::move(kernel), std::move(strides), std::move(dilations), std::move(pads));
  if (auto_pad == AutoPad::same_upper or auto_pad == AutoPad::same_lower) resolve_same(window, spatial, auto_pad == AutoPad::same_upper);
  return window;
}

std::vector<Dim> window_outputs(std::span<const Dim> spatial, const Window& window, bool ceil_mode) {
  std::vector<Dim> outputs;
  const size_t axes = spatial.size();
  for (size_t axis = 0; axis < axes; ++axis) {
    const Dim begun = spatial[axis] + Dim(window.pads[axis]);
    const Dim slack = begun + Dim(window.pads[axes + axis] - reach(window, axis));
    if (slack.is_constant() and slack.value() < 0)
      fail("a window of {} does not fit spatial axis {} of size {} with pads {} and {}", reach(window, axis), axis, spatial[axis].text(),
           window.pads[axis], window.pads[axes + axis]);
    const Dim stride = window.strides[axis];
    outputs.push_back(ceil_mode ? min(ceil_div(slack, stride) + Dim(1), ceil_div(begun, stride)) : floor_div(slack, stride) + Dim(1));
  }
  return outputs;
}

std::vector<Dim> inferred_outputs(std::span<const Dim> spatial, std::vector<int64_t> kernel, std::vector<int64_t> strides,
                                  std::vector<int64_t> dilations, std::vector<int64_t> pads, AutoPad auto_pad, bool ceil_mode) {
  if (auto_pad == AutoPad::same_upper or auto_pad == AutoPad::same_lower) {
    const Window window = checked_window(spatial.size(), std::move(kernel), std::move(strides), std::move(dilations), {});
    std::vector<Dim> outputs;
    for (size_t axis = 0; axis < spatial.size(); ++axis) outputs.push_back(ceil_div(spatial[axis], window.strides[axis]));
    return outputs;
  }
  return window_outputs(
      spatial, resolved_window(spatial, std::move(kernel), std::move(strides), std::move(dilations), std::move(pads), auto_pad), ceil_mode);
}

WindowBox window_box(std::span<const int64_t> spatial, std::span<const int64_t> outputs, const Window& window) {
  const size_t axes = spatial.size();
  if (axes > 3) fail_unsupported("windows over {} spatial axes; at most 3 are computed", axes);
  WindowBox box;
  for (size_t axis = 0; axis < axes; ++axis) {
    WindowAxis& one = box[3 - axes + axis];
    one = {spatial[axis],          outputs[axis],     window.kernel[axis],     window.strides[axis],
           window.dilations[axis], window.pads[axis], window.pads[axes + axis]};
  }
  return box;
}

}  // namespace burnish::ops
