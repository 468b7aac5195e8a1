// DeformConv: a two-dimensional convolution whose kernel elements are displaced by data. ONNX DeformConv, opsets 19, 22.
// Inputs: X [N,C,H,W], W [M,C/group,kH,kW], offset [N,G*kH*kW*2,oH,oW] (rows, then columns, for each kernel element), optional B [M],
// optional mask [N,G*kH*kW,oH,oW], where G are the groups of channels that share offsets. Between pixels X is interpolated linearly; outside
// it is 0.
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/convolution.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {

struct DeformConv {
  std::vector<int64_t> strides;
  std::vector<int64_t> pads;
  std::vector<int64_t> dilations;
  int64_t group = 1;
  int64_t offset_group = 1;
  static constexpr auto fields =
      std::tuple{field("strides", &DeformConv::strides), field("pads", &DeformConv::pads), field("dilations", &DeformConv::dilations),
                 field("group", &DeformConv::group), field("offset_group", &DeformConv::offset_group)};
};

namespace {

Conv plain(const DeformConv& op) { return {.strides = op.strides, .pads = op.pads, .dilations = op.dilations, .group = op.group}; }

void expect_extent(const Dim& extent, int64_t wanted, size_t input, std::string_view what) {
  if (extent.constant().value_or(wanted) != wanted) fail("input {} has {} {}, but {} are needed", input, extent.text(), what, wanted);
}

/// Offsets and mask: [N, per_group * offset_group, oH, oW].
void check_field(const Shape& shape, size_t input, int64_t channels, const Shape& output) {
  if (shape.rank() != 4) fail("input {} has shape {}; it must have rank 4", input, shape.text());
  expect_extent(shape[1], channels, input, "channels");
  for (const size_t axis : {0U, 2U, 3U})
    if (shape[axis].is_constant() and output[axis].is_constant() and shape[axis] != output[axis])
      fail("input {} has shape {}, but the output has shape {}", input, shape.text(), output.text());
}

Shape checked_output(const DeformConv& op, const Shape& x, const Shape& weight, const Shape& offset, const Shape* mask) {
  if (x.rank() != 4) fail_unsupported("DeformConv over {} spatial axes; 2 are supported", x.rank() < 2 ? 0 : x.rank() - 2);
  Shape output = convolution_output(plain(op), x, weight);
  if (not weight[2].is_constant() or not weight[3].is_constant()) fail_unsupported("the kernel's size must be static");
  const int64_t kernel = weight[2].value() * weight[3].value();
  constexpr int64_t most_groups = int64_t{1} << 20;
  if (op.offset_group < 1 or op.offset_group > most_groups) fail("offset_group is {}", op.offset_group);
  if (x[1].constant().value_or(0) % op.offset_group != 0)
    fail("{} channels do not divide into {} offset groups", x[1].text(), op.offset_group);
  check_field(offset, 2, op.offset_group * kernel * 2, output);
  if (mask != nullptr) check_field(*mask, 4, op.offset_group * kernel, output);
  return output;
}

void infer(const DeformConv& op, InferContext& context) {
  context.expect_inputs(3, 5);
  for (size_t i = 0; i < context.input_count(); ++i)
    if (context.has_input(i)) context.expect_same_dtype(0, i);
  if (not is_floating(context.dtype(0))) fail("the input is {}; it must be floating", name_of(context.dtype(0)));
  const Shape* mask = context.has_input(4) ? &context.shape(4) : nullptr;
  const Shape output = checked_output(op, context.shape(0), context.shape(1), context.shape(2), mask);
  if (context.has_input(3)) check_convolution_bias(context.shape(3), output[1]);
  context.output(0, context.dtype(0), output);
}

/// The plane's value between pixels; pixels outside count as 0.
double sampled(const double* plane, int64_t rows, int64_t columns, double row, double column) {
  if (not(row > -1 and column > -1 and row < static_cast<double>(rows) and column < static_cast<double>(columns))) return 0;
  const double top = std::floor(row);
  const double left = std::floor(column);
  double sum = 0;
  for (const int64_t down : {0, 1})
    for (const int64_t right : {0, 1}) {
      const int64_t r = static_cast<int64_t>(top) + down;
      const int64_t c = static_cast<int64_t>(left) + right;
      if (r < 0 or c < 0 or r >= rows or c >= columns) continue;
      const double weight = (down == 1 ? row - top : 1 - (row - top)) * (right == 1 ? column - left : 1 - (column - left));
      sum += weight * plane[r * columns + c];
    }
  return sum;
}

struct Fields {
  Numbers<double> x;
  Numbers<double> weight;
  Numbers<double> offset;
  std::vector<double> mask;  // empty: all 1
};

/// One plane of the output: batch entry `n`, filter `m`.
void convolve_plane(const DeformConv& op, const Convolution& shape, const Fields& fields, int64_t n, int64_t m, double* sum) {
  const WindowAxis& vertical = shape.box[1];
  const WindowAxis& horizontal = shape.box[2];
  const int64_t kernel = shape.kernel_size();
  const int64_t pixels = shape.output_plane();
  const int64_t channels = shape.channels / shape.group;
  const int64_t first = m / (shape.filters / shape.group) * channels;
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t channel = first + c;
    const int64_t fields_at = n * op.offset_group + channel / (shape.channels / op.offset_group);
    const double* plane = fields.x.data() + (n * shape.channels + channel) * shape.input_plane();
    for (int64_t k = 0; k < kernel; ++k) {
      const double weight = fields.weight[(m * channels + c) * kernel + k];
      const double* rows = fields.offset.data() + (fields_at * kernel + k) * 2 * pixels;
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const int64_t oh = pixel / horizontal.output;
        const int64_t ow = pixel % horizontal.output;
        const int64_t row = oh * vertical.stride - vertical.pad_begin + k / horizontal.kernel * vertical.dilation;
        const int64_t column = ow * horizontal.stride - horizontal.pad_begin + k % horizontal.kernel * horizontal.dilation;
        const double value = sampled(plane, vertical.input, horizontal.input, static_cast<double>(row) + rows[pixel],
                                     static_cast<double>(column) + rows[pixels + pixel]);
        const double scale = fields.mask.empty() ? 1 : fields.mask[static_cast<size_t>((fields_at * kernel + k) * pixels + pixel)];
        sum[pixel] += weight * scale * value;
      }
    }
  }
}

void reference(const DeformConv& op, EvalContext& context) {
  const Tensor& x = context.input(0);
  const Shape mask_shape = context.has_input(4) ? Shape(context.input(4).dims()) : Shape();
  const Shape output = checked_output(op, Shape(x.dims()), Shape(context.input(1).dims()), Shape(context.input(2).dims()),
                                      context.has_input(4) ? &mask_shape : nullptr);
  if (context.has_input(3)) check_convolution_bias(Shape(context.input(3).dims()), output[1]);
  const Convolution shape = convolution_of(plain(op), x.dims(), context.input(1).dims());
  Fields fields{
      .x = Numbers<double>(x), .weight = Numbers<double>(context.input(1)), .offset = Numbers<double>(context.input(2)), .mask = {}};
  if (context.has_input(4)) {
    const Numbers<double> mask(context.input(4));
    fields.mask.assign(mask.data(), mask.data() + mask.size());
  }
  std::vector<double> bias(static_cast<size_t>(shape.filters), 0);
  for (size_t m = 0; m < bias.size() and context.has_input(3); ++m) bias[m] = context.input(3).number(static_cast<int64_t>(m));
  Tensor& out = context.allocate(0, x.dtype(), output.dims());
  const int64_t pixels = shape.output_plane();
  NumbersOut<double> y(out);
  parallel_for(shape.batch * shape.filters, grain_for(shape.channels * shape.kernel_size() * pixels), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane) {
      double* sum = y.data() + plane * pixels;
      std::fill(sum, sum + pixels, bias[static_cast<size_t>(plane % shape.filters)]);
      convolve_plane(op, shape, fields, plane / shape.filters, plane % shape.filters, sum);
    }
  });
  y.store();
}

DeformConv import(const ImportContext& context) {
  const Conv conv = import_convolution(context);
  return {.strides = conv.strides,
          .pads = conv.pads,
          .dilations = conv.dilations,
          .group = conv.group,
          .offset_group = context.int_or("offset_group", 1)};
}

}  // namespace

void register_deform_conv(Registry& registry) {
  registry.add<DeformConv>(
      {.name = "DeformConv", .infer = infer, .reference = reference, .onnx = {{.name = "DeformConv", .since = 19, .import = import}}});
}

}  // namespace burnish::ops
