// GatherND: see the header.
#include "ops/gather_nd.h"

#include "base/error.h"
#include "ops/coordinates.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

Shape gathered(const GatherND& op, const Shape& data, const Shape& indices) {
  if (op.batch_dims < 0) fail("batch_dims is {}, but must not be negative", op.batch_dims);
  const auto batch = static_cast<size_t>(op.batch_dims);
  const size_t length = row_length(indices, data, batch);
  Shape shape;
  for (size_t axis = 0; axis + 1 < indices.rank(); ++axis) {
    const bool differ = axis < batch and indices[axis].is_constant() and data[axis].is_constant() and not(indices[axis] == data[axis]);
    if (differ) fail("batch axis {} has size {} in the data, but {} in the indices", axis, data[axis].value(), indices[axis].value());
    shape.push_back(indices[axis]);
  }
  for (size_t axis = batch + length; axis < data.rank(); ++axis) shape.push_back(data[axis]);
  return shape;
}

void infer(const GatherND& op, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_type(context, 1, "the indices");
  context.output(0, context.dtype(0), gathered(op, context.shape(0), context.shape(1)));
}

void reference(const GatherND& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const Dims dims = gathered(op, Shape(data.dims()), Shape(indices.dims())).dims();
  const auto batch = static_cast<size_t>(op.batch_dims);
  const auto length = static_cast<size_t>(indices.dims().back());
  const Dims strides = row_major_strides(data.dims());
  const int64_t slice = extent_product(data.dims(), batch + length, data.rank());
  const int64_t per_batch = extent_product(data.dims(), batch, data.rank());
  const int64_t rows = extent_product(indices.dims(), 0, indices.rank() - 1);
  const int64_t batches = extent_product(indices.dims(), 0, batch);
  Tensor& out = context.allocate(0, data.dtype(), dims);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t block = row / (rows / batches);
    const int64_t from = block * per_batch + row_offset(indices, row, length, data.dims(), strides, batch);
    copy_run(out, row * slice, data, from, slice);
  }
}

GatherND import(const ImportContext& context) { return {.batch_dims = context.int_or("batch_dims", 0)}; }

}  // namespace

void register_gather_nd(Registry& registry) {
  registry.add<GatherND>({.name = "GatherND",
                          .infer = infer,
                          .reference = reference,
                          .onnx = {{.name = "GatherND", .since = 11, .import = import}},
                          .traits = Trait::moves_data});
}

}  // namespace burnish::ops
