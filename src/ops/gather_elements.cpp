// GatherElements: see the header.
#include "ops/gather_elements.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_extents_within(const Shape& indices, const Shape& data, size_t axis) {
  if (indices.rank() != data.rank()) fail("indices of shape {} and data of shape {} differ in rank", indices.text(), data.text());
  for (size_t i = 0; i < data.rank(); ++i)
    if (i != axis and indices[i].is_constant() and data[i].is_constant() and indices[i].value() > data[i].value())
      fail("indices of shape {} do not fit data of shape {} at axis {}", indices.text(), data.text(), i);
}

void infer(const GatherElements& op, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_type(context, 1, "the indices");
  const size_t axis = context.axis(op.axis, context.shape(0).rank());
  check_extents_within(context.shape(1), context.shape(0), axis);
  context.output(0, context.dtype(0), context.shape(1));
}

void reference(const GatherElements& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const size_t axis = normalized_axis(op.axis, data.rank());
  check_extents_within(Shape(indices.dims()), Shape(data.dims()), axis);
  const Dims strides = row_major_strides(data.dims());
  Tensor& out = context.allocate(0, data.dtype(), indices.dims());
  std::vector<int64_t> at(data.rank(), 0);
  for (int64_t i = 0; i < indices.size(); ++i) {
    int64_t from = 0;
    for (size_t k = 0; k < at.size(); ++k)
      from += strides[k] * (k == axis ? checked_index(indices.integer(i), static_cast<int64_t>(axis), data.dim(axis)) : at[k]);
    copy_run(out, i, data, from, 1);
    next_index(indices.dims(), at);
  }
}

GatherElements import(const ImportContext& context) { return {.axis = context.int_or("axis", 0)}; }

}  // namespace

void register_gather_elements(Registry& registry) {
  registry.add<GatherElements>({.name = "GatherElements",
                                .infer = infer,
                                .reference = reference,
                                .onnx = {{.name = "GatherElements", .since = 11, .import = import}},
                                .traits = Trait::moves_data});
}

}  // namespace burnish::ops
