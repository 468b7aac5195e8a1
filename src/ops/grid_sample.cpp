// GridSample: see the header. A sample is a weighted sum over the product of a few elements along each axis.
#include "ops/grid_sample.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_shapes(const GridSample& op, const Shape& x, const Shape& grid) {
  if (x.rank() < 3) fail("X has shape {}; it needs batch, channels and at least one spatial axis", x.text());
  if (grid.rank() != x.rank()) fail("the grid has shape {}, but X has shape {}: their ranks must agree", grid.text(), x.text());
  if (x[0].is_constant() and grid[0].is_constant() and x[0] != grid[0])
    fail("X has {} pictures, but the grid has {}", x[0].text(), grid[0].text());
  const auto axes = static_cast<int64_t>(x.rank() - 2);
  if (grid[grid.rank() - 1].constant().value_or(axes) != axes) fail("the grid has shape {}; its last axis must be {}", grid.text(), axes);
  if (op.mode == GridMode::cubic and axes > 2) fail_unsupported("cubic sampling over {} spatial axes", axes);
  if (axes > 3) fail_unsupported("sampling over {} spatial axes; at most 3 are computed", axes);
}

Shape output_shape(const Shape& x, const Shape& grid) {
  Shape shape{x[0], x[1]};
  for (size_t axis = 1; axis + 1 < grid.rank(); ++axis) shape.push_back(grid[axis]);
  return shape;
}

void infer(const GridSample& op, InferContext& context) {
  context.expect_inputs(2, 2);
  if (not is_floating(context.dtype(0)) or not is_floating(context.dtype(1))) fail("GridSample computes floating types");
  check_shapes(op, context.shape(0), context.shape(1));
  context.output(0, context.dtype(0), output_shape(context.shape(0), context.shape(1)));
}

/// Folded back and forth into [low, high].
double reflected(double position, double low, double high) {
  const double range = high - low;
  if (not(range > 0)) return low;
  const double distance = std::fabs(position - low);
  const double turns = std::floor(distance / range);
  const double rest = distance - turns * range;
  return std::fmod(turns, 2) == 0 ? low + rest : high - rest;
}

struct Tap {
  int64_t index = 0;
  double weight = 0;
};

/// The elements that one axis contributes to a sample; those outside a zero-padded picture are left out.
class AxisTaps {
 public:
  AxisTaps(const GridSample& op, int64_t extent, double position) : op_(op), extent_(extent) {
    const auto size = static_cast<double>(extent);
    double at = op.align_corners ? (position + 1) / 2 * (size - 1) : ((position + 1) * size - 1) / 2;
    if (not(std::fabs(at) < 1e15)) at = op.padding == GridPadding::zeros ? -1e15 : 0;
    if (op.mode == GridMode::nearest) add(std::nearbyint(padded(at)), 1);
    if (op.mode == GridMode::linear) add_linear(padded(at));
    const double low = std::floor(at);
    for (int i = -1; op.mode == GridMode::cubic and i <= 2; ++i) add(padded(low + i), cubic(at - low - i));
  }
  std::span<const Tap> taps() const { return {taps_.data(), count_}; }

 private:
  double padded(double at) const {
    const auto last = static_cast<double>(extent_ - 1);
    if (op_.padding == GridPadding::border) return std::clamp(at, 0.0, last);
    if (op_.padding == GridPadding::reflection)
      return std::clamp(op_.align_corners ? reflected(at, 0, last) : reflected(at, -0.5, last + 0.5), 0.0, last);
    return at;
  }
  static double cubic(double distance) {
    constexpr double a = -0.75;
    const double x = std::fabs(distance);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  }
  void add_linear(double at) {
    const double low = std::floor(at);
    add(low, 1 - (at - low));
    add(low + 1, at - low);
  }
  void add(double index, double weight) {
    if (index < 0 or index > static_cast<double>(extent_ - 1)) return;
    taps_[count_++] = {static_cast<int64_t>(index), weight};
  }

  const GridSample& op_;
  int64_t extent_;
  std::array<Tap, 4> taps_{};
  size_t count_ = 0;
};

template <class T>
double sample(const T* plane, std::span<const AxisTaps> axes, std::span<const int64_t> strides) {
  if (axes.empty()) return static_cast<double>(*plane);
  double sum = 0;
  for (const Tap& tap : axes.front().taps())
    sum += tap.weight * sample(plane + tap.index * strides.front(), axes.subspan(1), strides.subspan(1));
  return sum;
}

void reference(const GridSample& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& grid = context.input(1);
  check_shapes(op, Shape(input.dims()), Shape(grid.dims()));
  Tensor& out = context.allocate(0, input.dtype(), output_shape(Shape(input.dims()), Shape(grid.dims())).dims());
  const Dims spatial(input.dims().begin() + 2, input.dims().end());
  const Dims strides = row_major_strides(spatial);
  const int64_t plane = element_count(spatial);
  const int64_t samples = extent_product(out.dims(), 2, out.rank());
  const int64_t channels = input.dim(1);
  const auto axes = static_cast<int64_t>(spatial.size());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> positions(grid);
    NumbersOut<T> y(out);
    parallel_for(input.dim(0) * samples, grain_for(channels * 64), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        std::vector<AxisTaps> taps;
        for (int64_t axis = 0; axis < axes; ++axis)
          taps.emplace_back(op, spatial[static_cast<size_t>(axis)], positions[i * axes + axes - 1 - axis]);
        for (int64_t c = 0; c < channels; ++c)
          y[(i / samples * channels + c) * samples + i % samples] = static_cast<T>(
              sample(x.data() + (i / samples * channels + c) * plane, std::span<const AxisTaps>(taps), std::span<const int64_t>(strides)));
      }
    });
    y.store();
  });
}

GridSample import(const ImportContext& context) {
  GridSample op;
  const std::string mode = context.string_or("mode", "linear");
  if (mode == "linear" or mode == "bilinear") op.mode = GridMode::linear;
  else if (mode == "nearest") op.mode = GridMode::nearest;
  else if (mode == "cubic" or mode == "bicubic") op.mode = GridMode::cubic;
  else fail("mode is `{}`; it must be linear, nearest or cubic", mode);
  const std::string padding = context.string_or("padding_mode", "zeros");
  if (padding == "border") op.padding = GridPadding::border;
  else if (padding == "reflection") op.padding = GridPadding::reflection;
  else if (padding != "zeros") fail("padding_mode is `{}`; it must be zeros, border or reflection", padding);
  op.align_corners = context.flag_or("align_corners", false);
  return op;
}

}  // namespace

void register_grid_sample(Registry& registry) {
  registry.add<GridSample>(
      {.name = "GridSample", .infer = infer, .reference = reference, .onnx = {{.name = "GridSample", .since = 16, .import = import}}});
}

}  // namespace burnish::ops
