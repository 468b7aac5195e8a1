// Col2Im: see the header.
#include "ops/col2im.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/window.h"

namespace burnish::ops {
namespace {

void infer(const Col2Im&, InferContext& context) {
  context.expect_inputs(3, 3);
  context.expect_rank(0, 3);
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("Col2Im adds numbers, not {}", name_of(dtype));
  const Shape image = shape_from_values(context, 1, "the image shape");
  const Shape block = shape_from_values(context, 2, "the block shape");
  if (image.rank() != block.rank()) fail("the image has {} axes, but the block has {}", image.rank(), block.rank());
  const Dim size = block.size();
  if (size == Dim(0)) fail("the block shape {} is empty", block.text());
  Shape shape{context.shape(0)[0], size.is_constant() ? floor_div(context.shape(0)[1], size) : context.unknown_dim()};
  for (const Dim& dim : image) shape.push_back(dim);
  context.output(0, dtype, shape);
}

struct Geometry {
  Dims image;
  Window window;
  Dims windows;  // how many fit along each axis
};

Geometry geometry(const Col2Im& op, const EvalContext& context) {
  const Dims image = context.input(1).integers();
  const Shape spatial(image);
  Geometry result{
      image, resolved_window(spatial.axes(), context.input(2).integers(), op.strides, op.dilations, op.pads, AutoPad::explicit_pads), {}};
  for (const Dim& dim : window_outputs(spatial.axes(), result.window, false)) result.windows.push_back(dim.value());
  const Tensor& columns = context.input(0);
  if (columns.rank() != 3 or columns.dim(2) != element_count(result.windows) or columns.dim(1) % element_count(result.window.kernel) != 0)
    fail("columns of shape {} do not fit blocks of {} at {} places", text_of(columns.dims()), text_of(result.window.kernel),
         text_of(result.windows));
  return result;
}

/// The element of the picture that one element of one window is; -1 on the padding.
int64_t place(const Geometry& shape, const std::vector<int64_t>& window, const std::vector<int64_t>& element) {
  int64_t index = 0;
  for (size_t axis = 0; axis < shape.image.size(); ++axis) {
    const int64_t at = window[axis] * shape.window.strides[axis] - shape.window.pads[axis] + element[axis] * shape.window.dilations[axis];
    if (at < 0 or at >= shape.image[axis]) return -1;
    index = index * shape.image[axis] + at;
  }
  return index;
}

void reference(const Col2Im& op, EvalContext& context) {
  const Geometry shape = geometry(op, context);
  const Tensor& columns = context.input(0);
  const int64_t block = element_count(shape.window.kernel);
  const int64_t plane = element_count(shape.image);
  const int64_t channels = columns.dim(1) / block;
  Dims dims{columns.dim(0), channels};
  dims.insert(dims.end(), shape.image.begin(), shape.image.end());
  Tensor& out = context.allocate(0, columns.dtype(), dims);
  const Numbers<double> x(columns);
  std::vector<double> sums(static_cast<size_t>(out.size()), 0.0);
  const int64_t count = columns.dim(2);
  for (int64_t row = 0; row < columns.dim(0) * channels; ++row) {
    std::vector<int64_t> element(shape.image.size(), 0);
    for (int64_t b = 0; b < block; ++b) {
      std::vector<int64_t> window(shape.image.size(), 0);
      for (int64_t l = 0; l < count; ++l) {
        if (const int64_t at = place(shape, window, element); at >= 0)
          sums[static_cast<size_t>(row * plane + at)] += x[(row * block + b) * count + l];
        next_index(shape.windows, window);
      }
      next_index(shape.window.kernel, element);
    }
  }
  for (int64_t i = 0; i < out.size(); ++i) out.set_number(i, sums[static_cast<size_t>(i)]);
}

Col2Im import(const ImportContext& context) {
  return {.dilations = context.ints_or("dilations", {}), .pads = context.ints_or("pads", {}), .strides = context.ints_or("strides", {})};
}

}  // namespace

void register_col2im(Registry& registry) {
  registry.add<Col2Im>(
      {.name = "Col2Im", .infer = infer, .reference = reference, .onnx = {{.name = "Col2Im", .since = 18, .import = import}}});
}

}  // namespace burnish::ops
