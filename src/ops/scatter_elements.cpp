// ScatterElements: see the header. out[i,indices[i,j,k],k] = updates[i,j,k] for axis 1.
#include "ops/scatter_elements.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_shapes(const Shape& data, const Shape& indices, const Shape& updates, size_t axis) {
  if (indices.rank() != data.rank() or updates.rank() != data.rank())
    fail("data {}, indices {} and updates {} must have one rank", data.text(), indices.text(), updates.text());
  for (size_t i = 0; i < data.rank(); ++i) {
    const auto extent = indices[i].constant();
    if (extent and updates[i].constant().value_or(*extent) != *extent)
      fail("indices {} and updates {} must have one shape", indices.text(), updates.text());
    if (i != axis and extent and data[i].constant().value_or(*extent) < *extent)
      fail("indices {} do not fit data {} at axis {}", indices.text(), data.text(), i);
  }
}

void infer(const ScatterElements& op, InferContext& context) {
  context.expect_inputs(3, 3);
  expect_index_type(context, 1, "the indices");
  context.expect_same_dtype(0, 2);
  check_reducible(op.reduction, context.dtype(0));
  check_shapes(context.shape(0), context.shape(1), context.shape(2), context.axis(op.axis, context.shape(0).rank()));
  context.output(0, context.dtype(0), context.shape(0));
}

void reference(const ScatterElements& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const Tensor& updates = context.input(2);
  const size_t axis = normalized_axis(op.axis, data.rank());
  check_shapes(Shape(data.dims()), Shape(indices.dims()), Shape(updates.dims()), axis);
  const Dims strides = row_major_strides(data.dims());
  Tensor& out = context.allocate(0, data.dtype(), data.dims());
  copy_run(out, 0, data, 0, data.size());
  std::vector<int64_t> at(data.rank(), 0);
  for (int64_t i = 0; i < indices.size(); ++i) {
    int64_t to = 0;
    for (size_t k = 0; k < at.size(); ++k)
      to += strides[k] * (k == axis ? checked_index(indices.integer(i), static_cast<int64_t>(axis), data.dim(axis)) : at[k]);
    reduce_run(op.reduction, out, to, updates, i, 1);
    next_index(indices.dims(), at);
  }
}

ScatterElements import(const ImportContext& context) {
  return {.axis = context.int_or("axis", 0), .reduction = import_scatter_reduction(context)};
}

}  // namespace

void register_scatter_elements(Registry& registry) {
  registry.add<ScatterElements>(
      {.name = "ScatterElements",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "ScatterElements", .since = 11, .import = import}, {.name = "Scatter", .since = 9, .import = import}},
       .traits = Trait::moves_data});
}

}  // namespace burnish::ops
