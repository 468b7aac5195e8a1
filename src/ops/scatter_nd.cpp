// ScatterND: see the header.
#include "ops/scatter_nd.h"

#include "base/error.h"
#include "ops/coordinates.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

/// Checks the shapes and returns how many coordinates a row of indices has.
size_t checked_row_length(const Shape& data, const Shape& indices, const Shape& updates) {
  const size_t length = row_length(indices, data, 0);
  Shape wanted;
  for (size_t axis = 0; axis + 1 < indices.rank(); ++axis) wanted.push_back(indices[axis]);
  for (size_t axis = length; axis < data.rank(); ++axis) wanted.push_back(data[axis]);
  bool fits = wanted.rank() == updates.rank();
  for (size_t axis = 0; fits and axis < wanted.rank(); ++axis)
    fits = not wanted[axis].is_constant() or updates[axis].constant().value_or(wanted[axis].value()) == wanted[axis].value();
  if (not fits)
    fail("updates must have shape {} for data {} and indices {}, but have {}", wanted.text(), data.text(), indices.text(), updates.text());
  return length;
}

void infer(const ScatterND& op, InferContext& context) {
  context.expect_inputs(3, 3);
  expect_index_type(context, 1, "the indices");
  context.expect_same_dtype(0, 2);
  check_reducible(op.reduction, context.dtype(0));
  checked_row_length(context.shape(0), context.shape(1), context.shape(2));
  context.output(0, context.dtype(0), context.shape(0));
}

void reference(const ScatterND& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const Tensor& updates = context.input(2);
  const size_t length = checked_row_length(Shape(data.dims()), Shape(indices.dims()), Shape(updates.dims()));
  const Dims strides = row_major_strides(data.dims());
  const int64_t slice = extent_product(data.dims(), length, data.rank());
  const int64_t rows = extent_product(indices.dims(), 0, indices.rank() - 1);
  Tensor& out = context.allocate(0, data.dtype(), data.dims());
  copy_run(out, 0, data, 0, data.size());
  for (int64_t row = 0; row < rows; ++row)
    reduce_run(op.reduction, out, row_offset(indices, row, length, data.dims(), strides, 0), updates, row * slice, slice);
}

ScatterND import(const ImportContext& context) { return {.reduction = import_scatter_reduction(context)}; }

}  // namespace

void register_scatter_nd(Registry& registry) {
  registry.add<ScatterND>({.name = "ScatterND",
                           .infer = infer,
                           .reference = reference,
                           .onnx = {{.name = "ScatterND", .since = 11, .import = import}},
                           .traits = Trait::moves_data});
}

}  // namespace burnish::ops
