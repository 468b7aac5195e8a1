// Unsqueeze: see the header.
#include "ops/unsqueeze.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

constexpr size_t most_rank = 64;

Shape with_axes(const Shape& data, std::span<const int64_t> axes) {
  const size_t rank = data.rank() + axes.size();
  if (rank > most_rank) fail("{} new axes would give a tensor of rank {}; at most {} is possible", axes.size(), rank, most_rank);
  const std::vector<bool> inserted = marked_axes(axes, rank);
  Shape shape;
  for (size_t axis = 0, from = 0; axis < rank; ++axis) shape.push_back(inserted[axis] ? Dim(1) : data[from++]);
  return shape;
}

void infer(const Unsqueeze&, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_vector(context, 1, "the axes", true);
  const Shape& data = context.shape(0);
  const auto axes = context.integers(1);
  if (not axes) {
    const std::optional<size_t> count = known_length(context, 1);
    if (not count or *count > most_rank) fail_unsupported("the axes to insert are not known, nor how many they are");
    context.output(0, context.dtype(0), unknown_shape(context, data.rank() + *count));
    return;
  }
  const Shape shape = with_axes(data, *axes);
  context.output(0, context.dtype(0), shape);
  if (auto values = context.values(0); values and shape.rank() <= 1) context.set_values(0, std::move(*values));
}

void reference(const Unsqueeze&, EvalContext& context) {
  const Tensor& data = context.input(0);
  context.set_output(0, data.reshaped(with_axes(Shape(data.dims()), context.input(1).integers()).dims()));
}

Unsqueeze import(const ImportContext&) { return {}; }

void import_attribute(ImportContext& context) {
  context.set_output(0, context.add(Unsqueeze{}, {context.input(0), context.constant_i64(context.require_ints("axes"))}));
}

}  // namespace

void register_unsqueeze(Registry& registry) {
  registry.add<Unsqueeze>(
      {.name = "Unsqueeze",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Unsqueeze", .since = 1, .expand = import_attribute}, {.name = "Unsqueeze", .since = 13, .import = import}},
       .traits = Trait::view});
}

}  // namespace burnish::ops
