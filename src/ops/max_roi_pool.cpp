// MaxRoiPool: see the header.
#include "ops/max_roi_pool.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_shapes(const MaxRoiPool& op, const Shape& x, const Shape& regions) {
  constexpr int64_t largest = 1 << 16;
  if (op.height < 1 or op.height > largest or op.width < 1 or op.width > largest)
    fail("the output is {} by {}; it must be 1 by 1 or more", op.height, op.width);
  if (x.rank() != 4) fail("X has shape {}; it must have rank 4", x.text());
  if (regions.rank() != 2 or regions[1].constant().value_or(5) != 5) fail("the regions have shape {}; it must be [R,5]", regions.text());
}

void infer(const MaxRoiPool& op, InferContext& context) {
  context.expect_inputs(2, 2);
  if (not is_floating(context.dtype(0))) fail("MaxRoiPool computes floating types, not {}", name_of(context.dtype(0)));
  context.expect_same_dtype(0, 1);
  check_shapes(op, context.shape(0), context.shape(1));
  context.output(0, context.dtype(0), Shape{context.shape(1)[0], context.shape(0)[1], op.height, op.width});
}

struct BinRange {
  int64_t first;
  int64_t last;
};

/// The elements [first, last) of bin `index` along one axis of a region from `begin` to `end`, both inclusive.
BinRange bin_range(double begin, double end, int64_t index, int64_t bins, int64_t extent) {
  const double size = std::max(end - begin + 1, 1.0) / static_cast<double>(bins);
  const auto inside = [&](double at) { return static_cast<int64_t>(std::clamp(at + begin, 0.0, static_cast<double>(extent))); };
  return {inside(std::floor(static_cast<double>(index) * size)), inside(std::ceil(static_cast<double>(index + 1) * size))};
}

void reference(const MaxRoiPool& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& regions = context.input(1);
  check_shapes(op, Shape(input.dims()), Shape(regions.dims()));
  const int64_t channels = input.dim(1);
  const int64_t height = input.dim(2);
  const int64_t width = input.dim(3);
  const Numbers<double> x(input);
  const Numbers<double> corners(regions);
  Tensor& out = context.allocate(0, input.dtype(), {regions.dim(0), channels, op.height, op.width});
  for (int64_t i = 0; i < out.size(); ++i) {
    const int64_t r = i / (channels * op.height * op.width);
    const double* region = corners.data() + r * 5;
    if (not(region[0] >= 0 and region[0] < static_cast<double>(input.dim(0))))
      fail("batch index {} is out of range for {} pictures", region[0], input.dim(0));
    for (int corner = 1; corner < 5; ++corner)
      if (not std::isfinite(region[corner])) fail("region {} has the coordinate {}", r, region[corner]);
    const auto at = [&](int corner) { return std::round(region[corner] * op.scale); };
    const BinRange rows = bin_range(at(2), at(4), i / op.width % op.height, op.height, height);
    const BinRange columns = bin_range(at(1), at(3), i % op.width, op.width, width);
    const int64_t plane = (static_cast<int64_t>(region[0]) * channels + i / (op.height * op.width) % channels) * height * width;
    double best = rows.first < rows.last and columns.first < columns.last ? x[plane + rows.first * width + columns.first] : 0;
    for (int64_t h = rows.first; h < rows.last; ++h)
      for (int64_t w = columns.first; w < columns.last; ++w) best = std::max(best, x[plane + h * width + w]);
    out.set_number(i, best);
  }
}

MaxRoiPool import(const ImportContext& context) {
  const std::vector<int64_t> shape = context.require_ints("pooled_shape");
  if (shape.size() != 2) fail("pooled_shape has {} values, expected 2", shape.size());
  return {.height = shape[0], .width = shape[1], .scale = context.float_or("spatial_scale", 1)};
}

}  // namespace

void register_max_roi_pool(Registry& registry) {
  registry.add<MaxRoiPool>(
      {.name = "MaxRoiPool", .infer = infer, .reference = reference, .onnx = {{.name = "MaxRoiPool", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
