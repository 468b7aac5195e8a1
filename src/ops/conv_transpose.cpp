// ConvTranspose: see the header.
#include "ops/conv_transpose.h"

#include "base/error.h"
#include "ops/convolution.h"
#include "ops/convolve.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

constexpr int64_t largest = int64_t{1} << 31;

void check_channels(const ConvTranspose& op, const Shape& input, const Shape& weight) {
  if (input.rank() < 3) fail("the input has shape {}; a convolution needs batch, channels and at least one spatial axis", input.text());
  if (weight.rank() != input.rank())
    fail("the weight has shape {}, but the input has shape {}: their ranks must agree", weight.text(), input.text());
  if (op.group < 1 or op.group > largest) fail("group is {}; it must be 1 or more", op.group);
  if (input[1].is_constant() and weight[0].is_constant() and input[1] != weight[0])
    fail("the weight of shape {} expects {} input channels, but the input has shape {}", weight.text(), weight[0].text(), input.text());
  const int64_t channels = weight[0].constant().value_or(input[1].constant().value_or(0));
  if (channels % op.group != 0) fail("{} input channels do not divide into {} groups", channels, op.group);
}

std::vector<int64_t> filled(const std::vector<int64_t>& values, size_t count, std::string_view name) {
  if (values.empty()) return std::vector<int64_t>(count, 0);
  if (values.size() != count) fail("{} has {} values, but there are {} spatial axes", name, values.size(), count);
  for (const int64_t value : values)
    if (value < 0 or value > largest) fail("{} holds {}; it must be from 0 to {}", name, value, largest);
  return values;
}

bool same_padding(const ConvTranspose& op) { return op.auto_pad == AutoPad::same_upper or op.auto_pad == AutoPad::same_lower; }

/// Strides, dilations and explicit pads; `extra` are the outputs that output_padding adds.
struct Geometry {
  Window window;
  std::vector<int64_t> extra;

  Dim unpadded(const Dim& input, size_t axis) const {
    return (input - Dim(1)) * Dim(window.strides[axis]) + Dim(extra[axis] + (window.kernel[axis] - 1) * window.dilations[axis] + 1);
  }
};

Geometry geometry(const ConvTranspose& op, const Shape& input, const Shape& weight) {
  check_channels(op, input, weight);
  std::vector<int64_t> kernel;
  for (const Dim& dim : weight.axes().subspan(2)) {
    if (not dim.is_constant()) fail_unsupported("the weight has shape {}; its spatial extents must be static", weight.text());
    kernel.push_back(dim.value());
  }
  const bool explicit_pads = op.auto_pad == AutoPad::explicit_pads and op.output_shape.empty();
  Window window = resolved_window(input.axes().subspan(2), kernel, op.strides, op.dilations,
                                  explicit_pads ? op.pads : std::vector<int64_t>{}, AutoPad::explicit_pads);
  return {std::move(window), filled(op.output_padding, kernel.size(), "output_padding")};
}

Shape output_of(const ConvTranspose& op, const Shape& input, const Shape& weight) {
  const Geometry shape = geometry(op, input, weight);
  const size_t axes = input.rank() - 2;
  const std::vector<int64_t> asked = filled(op.output_shape, axes, "output_shape");
  Shape output{input[0], weight[1] * Dim(op.group)};
  for (size_t axis = 0; axis < axes; ++axis) {
    const Dim& extent = input[2 + axis];
    Dim result = shape.unpadded(extent, axis) - Dim(shape.window.pads[axis] + shape.window.pads[axes + axis]);
    if (not op.output_shape.empty()) result = asked[axis];
    else if (same_padding(op)) result = extent * Dim(shape.window.strides[axis]);
    if (result.is_constant() and result.value() < 0)
      fail("spatial axis {} would have the size {}; its pads are too large", axis, result.value());
    output.push_back(result);
  }
  return output;
}

void infer(const ConvTranspose& op, InferContext& context) {
  context.expect_inputs(2, 3);
  if (not is_floating(context.dtype(0))) fail("ConvTranspose computes floating types, not {}", name_of(context.dtype(0)));
  context.expect_same_dtype(0, 1);
  const Shape output = output_of(op, context.shape(0), context.shape(1));
  context.output(0, context.dtype(0), output);
  if (not context.has_input(2)) return;
  context.expect_same_dtype(0, 2);
  check_convolution_bias(context.shape(2), output[1]);
}

/// The gradient's loops are those of the convolution it belongs to, with its input and output exchanged.
template <class T>
void add_spread(const WindowBox& box, const T* x, double weight, const std::array<int64_t, 3>& shift, double* sum) {
  const auto& [depth, height, width] = box;
  const InsideRange planes = inside_range(depth, shift[0]);
  const InsideRange rows = inside_range(height, shift[1]);
  const InsideRange columns = inside_range(width, shift[2]);
  for (int64_t d = planes.first; d < planes.last; ++d)
    for (int64_t h = rows.first; h < rows.last; ++h) {
      const T* from = x + (d * height.output + h) * width.output;
      double* to = sum + ((d * depth.stride + shift[0]) * height.input + h * height.stride + shift[1]) * width.input + shift[2];
      for (int64_t w = columns.first; w < columns.last; ++w) to[w * width.stride] += weight * static_cast<double>(from[w]);
    }
}

template <class T>
void spread_plane(const Convolution& shape, const T* x, const T* weight, int64_t channels, int64_t weight_stride, double* sum) {
  const auto& [depth, height, width] = shape.box;
  for (int64_t c = 0; c < channels; ++c) {
    const T* kernel = weight + c * weight_stride;
    for (int64_t d = 0; d < depth.kernel; ++d)
      for (int64_t h = 0; h < height.kernel; ++h)
        for (int64_t w = 0; w < width.kernel; ++w)
          add_spread(shape.box, x + c * shape.output_plane(), static_cast<double>(*kernel++),
                     {d * depth.dilation - depth.pad_begin, h * height.dilation - height.pad_begin, w * width.dilation - width.pad_begin},
                     sum);
  }
}

void reference(const ConvTranspose& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& kernel = context.input(1);
  const Dims dims = output_of(op, Shape(input.dims()), Shape(kernel.dims())).dims();
  const int64_t filters = dims[1];
  if (context.has_input(2)) check_convolution_bias(Shape(context.input(2).dims()), filters);
  const Window window = window_of(op, Shape(input.dims()), Shape(kernel.dims()));
  const Convolution shape{.batch = dims[0],
                          .channels = filters,
                          .filters = input.dim(1),
                          .group = op.group,
                          .box = window_box(std::span(dims).subspan(2), std::span(input.dims()).subspan(2), window)};
  const int64_t channels_per_group = input.dim(1) / op.group;
  const int64_t filters_per_group = kernel.dim(1);
  Tensor& out = context.allocate(0, input.dtype(), dims);
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<T> w(kernel);
    NumbersOut<T> y(out);
    std::vector<double> bias(static_cast<size_t>(filters), 0.0);
    if (context.has_input(2))
      for (int64_t i = 0; i < filters; ++i) bias[static_cast<size_t>(i)] = context.input(2).number(i);
    parallel_for(dims[0] * filters, grain_for(channels_per_group * shape.kernel_size() * shape.output_plane()),
                 [&](int64_t begin, int64_t end) {
                   std::vector<double> sum(static_cast<size_t>(shape.input_plane()));
                   for (int64_t plane = begin; plane < end; ++plane) {
                     const int64_t filter = plane % filters;
                     const int64_t first = filter / filters_per_group * channels_per_group;
                     std::fill(sum.begin(), sum.end(), bias[static_cast<size_t>(filter)]);
                     spread_plane(shape, x.data() + (plane / filters * input.dim(1) + first) * shape.output_plane(),
                                  w.data() + (first * filters_per_group + filter % filters_per_group) * shape.kernel_size(),
                                  channels_per_group, filters_per_group * shape.kernel_size(), sum.data());
                     T* to = y.data() + plane * shape.input_plane();
                     for (const double one : sum) *to++ = static_cast<T>(one);
                   }
                 });
    y.store();
  });
}

ConvTranspose import(const ImportContext& context) {
  ConvTranspose op{.strides = context.ints_or("strides", {}),
                   .pads = context.ints_or("pads", {}),
                   .dilations = context.ints_or("dilations", {}),
                   .output_padding = context.ints_or("output_padding", {}),
                   .output_shape = context.ints_or("output_shape", {}),
                   .group = context.int_or("group", 1),
                   .auto_pad = import_auto_pad(context)};
  // Some exporters list batch and channels too.
  const size_t rank = context.type(context.input(0)).shape.rank();
  if (op.output_shape.size() == rank and rank > 2) op.output_shape.erase(op.output_shape.begin(), op.output_shape.begin() + 2);
  return op;
}

}  // namespace

Window window_of(const ConvTranspose& conv, const Shape& input, const Shape& weight) {
  Geometry shape = geometry(conv, input, weight);
  if (not same_padding(conv) and conv.output_shape.empty()) return shape.window;
  const Shape output = output_of(conv, input, weight);
  const size_t axes = input.rank() - 2;
  for (size_t axis = 0; axis < axes; ++axis) {
    const Dim total = shape.unpadded(input[2 + axis], axis) - output[2 + axis];
    if (not total.is_constant())
      fail_unsupported("the padding for output_shape needs static extents, but the input has shape {}", input.text());
    const int64_t pads = std::max<int64_t>(total.value(), 0);
    shape.window.pads[axis] = conv.auto_pad == AutoPad::same_upper ? pads / 2 : pads - pads / 2;
    shape.window.pads[axes + axis] = pads - shape.window.pads[axis];
  }
  return shape.window;
}

void register_conv_transpose(Registry& registry) {
  registry.add<ConvTranspose>(
      {.name = "ConvTranspose", .infer = infer, .reference = reference, .onnx = {{.name = "ConvTranspose", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
