// Expand: see the header.
#include "ops/expand.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

/// Sizes are not known: an axis of the data that is larger than 1 keeps its size all the same.
Shape expanded_by_unknown(InferContext& context, const Shape& data, size_t length) {
  Shape shape = unknown_shape(context, std::max(length, data.rank()));
  for (size_t i = 1; i <= data.rank(); ++i) {
    const Dim& dim = data[data.rank() - i];
    if (i > length or (dim.is_constant() and dim.value() > 1)) shape[shape.rank() - i] = dim;
  }
  return shape;
}

void infer(const Expand&, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_vector(context, 1, "the shape");
  const Shape& data = context.shape(0);
  const Shape wanted = shape_from_values(context, 1, "the shape");
  if (not context.values(1)) {
    context.output(0, context.dtype(0), expanded_by_unknown(context, data, wanted.rank()));
    return;
  }
  const Shape shape = broadcast(data, wanted);
  check_extents(shape);
  context.output(0, context.dtype(0), shape);
  const auto values = context.values(0);
  if (not values or shape.rank() > 1) return;
  const std::optional<int64_t> count = shape.size().constant();
  if (not count or *count > 64) return;
  if (values->size() == static_cast<size_t>(*count)) return propagate(context, 0, context.dtype(0), *values);
  if (values->size() == 1) propagate(context, 0, context.dtype(0), DimValues(static_cast<size_t>(*count), values->front()));
}

void reference(const Expand&, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<int64_t> wanted = context.input(1).integers();
  const Dims dims = broadcast(Shape(data.dims()), Shape(std::span<const int64_t>(wanted))).dims();
  check_extents(Shape(dims));
  const Dims strides = row_major_strides(data.dims());
  StridedView from{0, Dims(dims.size(), 0)};
  const size_t added = dims.size() - data.rank();
  for (size_t axis = 0; axis < data.rank(); ++axis) from.strides[added + axis] = data.dim(axis) == 1 ? 0 : strides[axis];
  Tensor& out = context.allocate(0, data.dtype(), dims);
  copy_strided(out, {0, row_major_strides(dims)}, data, from, dims);
}

Expand import(const ImportContext&) { return {}; }

}  // namespace

void register_expand(Registry& registry) {
  registry.add<Expand>({.name = "Expand",
                        .infer = infer,
                        .reference = reference,
                        .onnx = {{.name = "Expand", .since = 8, .import = import}},
                        .traits = Trait::moves_data});
}

}  // namespace burnish::ops
