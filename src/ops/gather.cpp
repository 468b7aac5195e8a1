// Gather: see the header.
#include "ops/gather.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_constant_indices(const std::vector<int64_t>& indices, size_t axis, const Dim& extent) {
  if (not extent.is_constant()) return;
  for (const int64_t index : indices) checked_index(index, static_cast<int64_t>(axis), extent.value());
}

void infer(const Gather& op, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_type(context, 1, "the indices");
  const Shape& data = context.shape(0);
  const size_t axis = context.axis(op.axis, data.rank());
  context.output(0, context.dtype(0), data.replaced(axis, 1, context.shape(1)));
  const auto indices = context.integers(1);
  if (not indices) return;
  check_constant_indices(*indices, axis, data[axis]);
  const auto values = context.values(0);
  if (not values or data.rank() != 1 or context.shape(1).rank() > 1) return;
  DimValues picked;
  for (const int64_t index : *indices)
    picked.push_back(values->at(static_cast<size_t>(checked_index(index, 0, static_cast<int64_t>(values->size())))));
  propagate(context, 0, context.dtype(0), std::move(picked));
}

void reference(const Gather& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const size_t axis = normalized_axis(op.axis, data.rank());
  const int64_t blocks = extent_product(data.dims(), 0, axis);
  const int64_t inner = extent_product(data.dims(), axis + 1, data.rank());
  const int64_t extent = data.dim(axis);
  Tensor& out = context.allocate(0, data.dtype(), Shape(data.dims()).replaced(axis, 1, Shape(indices.dims())).dims());
  for (int64_t i = 0; i < indices.size(); ++i) {
    const int64_t index = checked_index(indices.integer(i), static_cast<int64_t>(axis), extent);
    for (int64_t block = 0; block < blocks; ++block)
      copy_run(out, (block * indices.size() + i) * inner, data, (block * extent + index) * inner, inner);
  }
}

Gather import(const ImportContext& context) { return {.axis = context.int_or("axis", 0)}; }

}  // namespace

void register_gather(Registry& registry) {
  registry.add<Gather>({.name = "Gather",
                        .infer = infer,
                        .reference = reference,
                        .onnx = {{.name = "Gather", .since = 1, .import = import}},
                        .traits = Trait::moves_data});
}

}  // namespace burnish::ops
