// RoiAlign: see the header. The sampling positions of a region are the product of those along its two axes.
#include "ops/roi_align.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_attributes(const RoiAlign& op) {
  constexpr int64_t largest = 1 << 16;
  if (op.height < 1 or op.height > largest or op.width < 1 or op.width > largest)
    fail("the output is {} by {}; it must be 1 by 1 or more", op.height, op.width);
  if (op.samples < 0 or op.samples > largest) fail("sampling_ratio is {}; it must be from 0 to {}", op.samples, largest);
}

void check_shapes(const Shape& x, const Shape& regions, const Shape& indices) {
  if (x.rank() != 4) fail("X has shape {}; it must have rank 4", x.text());
  if (regions.rank() != 2 or regions[1].constant().value_or(4) != 4) fail("the regions have shape {}; it must be [R,4]", regions.text());
  if (indices.rank() != 1) fail("the batch indices have shape {}; they must have rank 1", indices.text());
  if (regions[0].is_constant() and indices[0].is_constant() and regions[0] != indices[0])
    fail("there are {} regions and {} batch indices", regions[0].text(), indices[0].text());
}

void infer(const RoiAlign& op, InferContext& context) {
  context.expect_inputs(3, 3);
  check_attributes(op);
  if (not is_floating(context.dtype(0)) or not is_floating(context.dtype(1))) fail("RoiAlign computes floating types");
  expect_index_type(context, 2, "the batch indices");
  check_shapes(context.shape(0), context.shape(1), context.shape(2));
  context.output(0, context.dtype(0), Shape{context.shape(1)[0], context.shape(0)[1], op.height, op.width});
}

/// The samples of all bins along one axis, bin after bin.
std::vector<RoiSample> axis_samples(const RoiAxis& axis, int64_t bins, int64_t extent) {
  std::vector<RoiSample> samples;
  for (int64_t i = 0; i < bins; ++i)
    for (int64_t j = 0; j < axis.count; ++j) samples.push_back(roi_sample(axis, i, j, extent));
  return samples;
}

/// A neighbour of a sample in the plane, and how much of it the sample has.
struct Tap {
  int64_t offset = 0;
  double weight = 0;
};

/// Four for each sample of a bin: the same for every channel.
void add_taps(std::vector<Tap>& taps, int64_t width, std::span<const RoiSample> rows, std::span<const RoiSample> columns) {
  for (const RoiSample& row : rows)
    for (const RoiSample& column : columns) {
      if (not row.inside or not column.inside) {
        taps.insert(taps.end(), 4, Tap{});
        continue;
      }
      taps.push_back({row.low * width + column.low, (1 - row.weight) * (1 - column.weight)});
      taps.push_back({row.low * width + column.high, (1 - row.weight) * column.weight});
      taps.push_back({row.high * width + column.low, row.weight * (1 - column.weight)});
      taps.push_back({row.high * width + column.high, row.weight * column.weight});
    }
}

template <class T>
double bin_value(const RoiAlign& op, const T* plane, std::span<const Tap> taps) {
  if (taps.empty()) return 0;
  double sum = 0;
  // ONNX takes the maximum over weighted neighbours, not over samples.
  double largest = -std::numeric_limits<double>::infinity();
  for (const Tap& tap : taps) {
    const double part = tap.weight == 0 ? 0 : tap.weight * static_cast<double>(plane[tap.offset]);
    sum += part;
    largest = std::max(largest, part);
  }
  return op.maximum ? largest : sum / static_cast<double>(taps.size() / 4);
}

void reference(const RoiAlign& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& regions = context.input(1);
  check_shapes(Shape(input.dims()), Shape(regions.dims()), Shape(context.input(2).dims()));
  const std::vector<int64_t> batches = context.input(2).integers();
  for (const int64_t batch : batches)
    if (batch < 0 or batch >= input.dim(0)) fail("batch index {} is out of range for {} pictures", batch, input.dim(0));
  const int64_t channels = input.dim(1);
  const int64_t height = input.dim(2);
  const int64_t width = input.dim(3);
  Tensor& out = context.allocate(0, input.dtype(), {regions.dim(0), channels, op.height, op.width});
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> corners(regions);
    NumbersOut<T> y(out);
    parallel_for(regions.dim(0), grain_for(channels * op.height * op.width * 32), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const RoiAxis down = roi_axis(op, corners[r * 4 + 1], corners[r * 4 + 3], op.height);
        const RoiAxis across = roi_axis(op, corners[r * 4], corners[r * 4 + 2], op.width);
        const std::vector<RoiSample> rows = axis_samples(down, op.height, height);
        const std::vector<RoiSample> columns = axis_samples(across, op.width, width);
        const auto bin = [](const std::vector<RoiSample>& samples, int64_t index, int64_t count) {
          return std::span(samples).subspan(static_cast<size_t>(index * count), static_cast<size_t>(count));
        };
        const int64_t bins = op.height * op.width;
        std::vector<Tap> taps;
        for (int64_t i = 0; i < bins; ++i)
          add_taps(taps, width, bin(rows, i / op.width, down.count), bin(columns, i % op.width, across.count));
        const size_t each = bins > 0 ? taps.size() / static_cast<size_t>(bins) : 0;
        for (int64_t c = 0; c < channels; ++c) {
          const T* plane = x.data() + (batches[static_cast<size_t>(r)] * channels + c) * height * width;
          for (int64_t i = 0; i < bins; ++i)
            y[(r * channels + c) * bins + i] =
                static_cast<T>(bin_value(op, plane, std::span(taps).subspan(static_cast<size_t>(i) * each, each)));
        }
      }
    });
    y.store();
  });
}

RoiAlign import(const ImportContext& context) {
  const std::string mode = context.string_or("mode", "avg");
  if (mode != "avg" and mode != "max") fail("mode is `{}`; it must be avg or max", mode);
  const std::string rule = context.string_or("coordinate_transformation_mode", context.opset() < 16 ? "output_half_pixel" : "half_pixel");
  if (rule != "half_pixel" and rule != "output_half_pixel")
    fail("coordinate_transformation_mode is `{}`; it must be half_pixel or output_half_pixel", rule);
  return {.height = context.int_or("output_height", 1),
          .width = context.int_or("output_width", 1),
          .samples = context.int_or("sampling_ratio", 0),
          .scale = context.float_or("spatial_scale", 1),
          .half_pixel = rule == "half_pixel",
          .maximum = mode == "max"};
}

}  // namespace

RoiAxis roi_axis(const RoiAlign& op, double begin, double end, int64_t bins) {
  const double offset = op.half_pixel ? 0.5 : 0;
  begin = begin * op.scale - offset;
  double length = end * op.scale - offset - begin;
  if (not op.half_pixel) length = std::max(length, 1.0);
  const double bin = length / static_cast<double>(bins);
  // A region is not larger than this for any real picture; a wild one must not ask for endless work.
  constexpr double most = 4096;
  const auto spanned = static_cast<int64_t>(std::clamp(std::ceil(std::isnan(bin) ? 0 : bin), 0.0, most));
  return {.begin = begin, .bin = bin, .count = op.samples > 0 ? op.samples : spanned};
}

RoiSample roi_sample(const RoiAxis& axis, int64_t bin, int64_t index, int64_t extent) {
  const double place = (static_cast<double>(index) + 0.5) * axis.bin / static_cast<double>(axis.count);
  double position = axis.begin + static_cast<double>(bin) * axis.bin + place;
  if (not(position >= -1) or position > static_cast<double>(extent) or extent == 0) return {};
  position = std::max(position, 0.0);
  const int64_t low = std::min(static_cast<int64_t>(position), extent - 1);
  if (low == extent - 1) return {true, low, low, 0};
  return {true, low, low + 1, position - static_cast<double>(low)};
}

void register_roi_align(Registry& registry) {
  registry.add<RoiAlign>(
      {.name = "RoiAlign", .infer = infer, .reference = reference, .onnx = {{.name = "RoiAlign", .since = 10, .import = import}}});
}

}  // namespace burnish::ops
