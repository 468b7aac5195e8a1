// Resize: see the header. Interpolation is separable: one axis after the other.
#include "ops/resize.h"

#include <cmath>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/resize_axis.h"

namespace burnish::ops {
namespace {

bool given(const InferContext& context, size_t index) { return context.has_input(index) and context.shape(index) != Shape{0}; }
bool given(const EvalContext& context, size_t index) { return context.has_input(index) and context.input(index).size() > 0; }
Tensor tensor_or_none(const EvalContext& context, size_t index) { return given(context, index) ? context.input(index) : Tensor(); }

void check_length(const InferContext& context, size_t index, size_t count) {
  context.expect_rank(index, 1);
  const auto length = context.shape(index)[0].constant();
  if (length and *length != static_cast<int64_t>(count)) fail("input {} has {} values, but {} axes are resized", index, *length, count);
}

/// floor(extent * scale) where the scale is a short fraction; nothing where it is not.
std::optional<Dim> scaled(const Dim& extent, double scale) {
  if (not(scale > 0)) fail("input 2 scales by {}; a scale must be positive", scale);
  for (int64_t denominator = 1; denominator <= 64; denominator *= 2) {
    const double numerator = scale * static_cast<double>(denominator);
    if (numerator == std::floor(numerator) and numerator < 1e6)
      return floor_div(extent * Dim(static_cast<int64_t>(numerator)), denominator);
  }
  return {};
}

Dim inferred_size(const Resize& op, InferContext& context, const Dim& extent, size_t position) {
  if (given(context, 3)) {
    const auto sizes = context.values(3);
    return sizes and op.aspect == ResizeAspect::stretch ? sizes->at(position) : context.unknown_dim();
  }
  const Tensor* scales = context.constant(2);
  if (scales == nullptr) return context.unknown_dim();
  const auto size = scaled(extent, scales->number(static_cast<int64_t>(position)));
  return size ? *size : context.unknown_dim();
}

/// Every extent and parameter is known: what evaluation will compute.
std::optional<Shape> known_result(const Resize& op, const InferContext& context) {
  const size_t parameter = given(context, 3) ? 3 : 2;
  if (not context.shape(0).is_static()) return {};
  Tensor sizes;
  if (const auto values = parameter == 3 ? context.integers(3) : std::nullopt)
    sizes = Tensor::of<int64_t>({static_cast<int64_t>(values->size())}, std::span<const int64_t>(*values));
  const Tensor* scales = parameter == 2 ? context.constant(2) : nullptr;
  if (not sizes.defined() and scales == nullptr) return {};
  Resize without_region = op;
  without_region.coordinates = ResizeCoordinates::half_pixel;
  Shape shape;
  for (const ResizeAxis& axis : resize_axes(without_region, context.shape(0).dims(), {}, scales == nullptr ? Tensor() : *scales, sizes))
    shape.push_back(axis.output);
  return shape;
}

void infer(const Resize& op, InferContext& context) {
  context.expect_inputs(2, 4);
  const DType dtype = context.dtype(0);
  if (is_complex(dtype) or dtype == DType::string) fail_unsupported("Resize of {}", name_of(dtype));
  if (given(context, 2) == given(context, 3)) fail("exactly one of scales and sizes must be given");
  Shape shape = context.shape(0);
  const std::vector<size_t> axes = resized_axes(op, shape.rank());
  for (size_t index = 2; index < 4; ++index)
    if (given(context, index)) check_length(context, index, axes.size());
  if (given(context, 3)) expect_index_type(context, 3, "the sizes");
  if (op.coordinates == ResizeCoordinates::tf_crop_and_resize and not given(context, 1))
    fail("the coordinates tf_crop_and_resize need a region of interest");
  if (auto known = known_result(op, context)) return context.output(0, dtype, std::move(*known));
  for (size_t i = 0; i < axes.size(); ++i) shape[axes[i]] = inferred_size(op, context, shape[axes[i]], i);
  context.output(0, dtype, shape);
}

/// True at each output position that tf_crop_and_resize places outside the input.
std::vector<bool> outside_positions(const Resize& op, const ResizeAxis& axis) {
  std::vector<bool> outside(static_cast<size_t>(axis.output), false);
  if (op.coordinates != ResizeCoordinates::tf_crop_and_resize) return outside;
  for (int64_t i = 0; i < axis.output; ++i) {
    const double position = source_position(op, axis, i);
    outside[static_cast<size_t>(i)] = not(position >= 0 and position <= static_cast<double>(axis.input - 1));
  }
  return outside;
}

void extrapolate(const Resize& op, const std::vector<ResizeAxis>& axes, Tensor& out) {
  if (op.coordinates != ResizeCoordinates::tf_crop_and_resize) return;
  std::vector<std::vector<bool>> outside;
  for (const ResizeAxis& axis : axes) outside.push_back(outside_positions(op, axis));
  std::vector<int64_t> position(axes.size(), 0);
  for (int64_t i = 0; i < out.size(); ++i) {
    for (size_t axis = 0; axis < axes.size(); ++axis)
      if (outside[axis][static_cast<size_t>(position[axis])]) {
        out.set_number(i, op.extrapolation);
        break;
      }
    next_index(out.dims(), position);
  }
}

void pick_nearest(const Resize& op, const std::vector<ResizeAxis>& axes, const Tensor& input, Tensor& out) {
  const Dims strides = row_major_strides(input.dims());
  std::vector<std::vector<int64_t>> offsets;
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    offsets.emplace_back();
    for (int64_t i = 0; i < axes[axis].output; ++i)
      offsets.back().push_back((axes[axis].unchanged() ? i : nearest_source(op, axes[axis], i)) * strides[axis]);
  }
  std::vector<int64_t> position(axes.size(), 0);
  for (int64_t i = 0; i < out.size(); ++i) {
    int64_t from = 0;
    for (size_t axis = 0; axis < axes.size(); ++axis) from += offsets[axis][static_cast<size_t>(position[axis])];
    copy_run(out, i, input, from, 1);
    next_index(out.dims(), position);
  }
}

/// One axis of `values` brought to its new extent.
std::vector<double> interpolated(const Resize& op, const ResizeAxis& axis, const std::vector<double>& values, int64_t outer,
                                 int64_t inner) {
  std::vector<double> result(static_cast<size_t>(outer * axis.output * inner), 0.0);
  for (int64_t o = 0; o < axis.output; ++o)
    for (const ResizeTap& tap : interpolation_taps(op, axis, o))
      for (int64_t block = 0; block < outer; ++block) {
        const double* from = values.data() + (block * axis.input + tap.source) * inner;
        double* to = result.data() + (block * axis.output + o) * inner;
        if (tap.weight == 0) continue;
        for (int64_t i = 0; i < inner; ++i) to[i] += tap.weight * from[i];
      }
  return result;
}

void interpolate(const Resize& op, const std::vector<ResizeAxis>& axes, const Tensor& input, Tensor& out) {
  const Numbers<double> x(input);
  std::vector<double> values(x.data(), x.data() + x.size());
  Dims dims = input.dims();
  for (size_t i = dims.size(); i-- > 0;) {
    if (axes[i].unchanged() and op.coordinates != ResizeCoordinates::tf_crop_and_resize) continue;
    values = interpolated(op, axes[i], values, extent_product(dims, 0, i), extent_product(dims, i + 1, dims.size()));
    dims[i] = axes[i].output;
  }
  for (int64_t i = 0; i < out.size(); ++i) out.set_number(i, values[static_cast<size_t>(i)]);
}

void reference(const Resize& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  if (given(context, 2) == given(context, 3)) fail("exactly one of scales and sizes must be given");
  const std::vector<ResizeAxis> axes =
      resize_axes(op, input.dims(), tensor_or_none(context, 1), tensor_or_none(context, 2), tensor_or_none(context, 3));
  Dims dims;
  for (const ResizeAxis& axis : axes) dims.push_back(axis.output);
  Tensor& out = context.allocate(0, input.dtype(), dims);
  if (out.size() == 0) return;
  if (input.size() == 0) fail("an empty tensor of shape {} cannot be resized to {}", text_of(input.dims()), text_of(dims));
  if (op.mode == ResizeMode::nearest) pick_nearest(op, axes, input, out);
  else interpolate(op, axes, input, out);
  extrapolate(op, axes, out);
}

}  // namespace

void register_resize(Registry& registry) { registry.add<Resize>({.name = "Resize", .infer = infer, .reference = reference, .onnx = {}}); }

}  // namespace burnish::ops
