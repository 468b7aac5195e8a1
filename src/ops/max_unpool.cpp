// MaxUnpool: see the header.
#include "ops/max_unpool.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/window.h"

namespace burnish::ops {

Shape smallest_unpooled(const MaxUnpool& op, const Shape& x) {
  if (x.rank() < 3) fail("the input has shape {}; it needs batch, channels and at least one spatial axis", x.text());
  const Window window = resolved_window(x.axes().subspan(2), op.kernel, op.strides, {}, op.pads, AutoPad::explicit_pads);
  Shape shape{x[0], x[1]};
  const size_t axes = x.rank() - 2;
  for (size_t axis = 0; axis < axes; ++axis) {
    const Dim extent =
        (x[2 + axis] - Dim(1)) * Dim(window.strides[axis]) + Dim(window.kernel[axis] - window.pads[axis] - window.pads[axes + axis]);
    if (extent.is_constant() and extent.value() < 0)
      fail("spatial axis {} would have the size {}; its pads are too large", axis, extent.value());
    shape.push_back(extent);
  }
  return shape;
}

namespace {

void infer(const MaxUnpool& op, InferContext& context) {
  context.expect_inputs(2, 3);
  if (not is_floating(context.dtype(0))) fail("MaxUnpool computes floating types, not {}", name_of(context.dtype(0)));
  expect_index_type(context, 1, "the indices");
  const Shape smallest = smallest_unpooled(op, context.shape(0));
  if (not context.has_input(2)) return context.output(0, context.dtype(0), smallest);
  const Shape asked = shape_from_values(context, 2, "the output shape");
  if (asked.rank() != smallest.rank())
    fail("the output shape has {} values, but the input has shape {}", asked.rank(), context.shape(0).text());
  context.output(0, context.dtype(0), asked);
}

void reference(const MaxUnpool& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& indices = context.input(1);
  if (indices.dims() != input.dims())
    fail("the indices have shape {}, but the input has shape {}", text_of(indices.dims()), text_of(input.dims()));
  const Dims smallest = smallest_unpooled(op, Shape(input.dims())).dims();
  const Dims dims = context.has_input(2) ? context.input(2).integers() : smallest;
  if (dims.size() != smallest.size()) fail("the output shape has {} values, but the input has rank {}", dims.size(), smallest.size());
  for (size_t axis = 0; axis < dims.size(); ++axis)
    if (dims[axis] < smallest[axis]) fail("the output shape {} is smaller than {}", text_of(dims), text_of(smallest));
  const int64_t count = element_count(smallest);
  const Dims from = row_major_strides(smallest);
  const Dims to = row_major_strides(dims);
  Tensor result(input.dtype(), dims);
  for (int64_t i = 0; i < input.size(); ++i) {
    int64_t rest = indices.integer(i);
    if (rest < 0 or rest >= count) fail("index {} is out of range for {} elements", rest, count);
    int64_t place = 0;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      place += rest / from[axis] * to[axis];
      rest %= from[axis];
    }
    copy_run(result, place, input, i, 1);
  }
  context.set_output(0, std::move(result));
}

MaxUnpool import(const ImportContext& context) {
  return {.kernel = context.require_ints("kernel_shape"), .strides = context.ints_or("strides", {}), .pads = context.ints_or("pads", {})};
}

}  // namespace

void register_max_unpool(Registry& registry) {
  registry.add<MaxUnpool>(
      {.name = "MaxUnpool", .infer = infer, .reference = reference, .onnx = {{.name = "MaxUnpool", .since = 9, .import = import}}});
}

}  // namespace burnish::ops
