// Concat: see the header.
#include "ops/concat.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void join(Shape& shape, const Shape& next, size_t input, size_t axis) {
  if (next.rank() != shape.rank()) fail("input {} has shape {}, but input 0 has rank {}", input, next.text(), shape.rank());
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (i == axis) {
      shape[i] = shape[i] + next[i];
    } else if (not shape[i].is_constant()) {
      shape[i] = next[i].is_constant() ? next[i] : shape[i];
    } else if (next[i].constant().value_or(shape[i].value()) != shape[i].value()) {
      fail("input {} has shape {}: axis {} must be {} as in the inputs before it", input, next.text(), i, shape[i].value());
    }
  }
}

void infer(const Concat& op, InferContext& context) {
  if (context.input_count() == 0) fail("Concat needs at least one input");
  Shape shape = context.shape(0);
  const size_t axis = context.axis(op.axis, shape.rank());
  std::optional<DimValues> joined = shape.rank() == 1 ? context.values(0) : std::nullopt;
  for (size_t i = 1; i < context.input_count(); ++i) {
    context.expect_same_dtype(0, i);
    join(shape, context.shape(i), i, axis);
    const auto more = joined ? context.values(i) : std::nullopt;
    if (more) joined->insert(joined->end(), more->begin(), more->end());
    if (not more) joined.reset();
  }
  check_extents(shape);
  context.output(0, context.dtype(0), shape);
  if (joined) propagate(context, 0, context.dtype(0), std::move(*joined));
}

void reference(const Concat& op, EvalContext& context) {
  const Tensor& first = context.input(0);
  const size_t axis = normalized_axis(op.axis, first.rank());
  Shape shape(first.dims());
  for (size_t i = 1; i < context.input_count(); ++i) join(shape, Shape(context.input(i).dims()), i, axis);
  const Dims dims = shape.dims();
  const int64_t blocks = extent_product(dims, 0, axis);
  const int64_t row = extent_product(dims, axis, dims.size());
  Tensor& out = context.allocate(0, first.dtype(), dims);
  int64_t filled = 0;
  for (size_t i = 0; i < context.input_count(); ++i) {
    const Tensor& part = context.input(i);
    const int64_t length = extent_product(part.dims(), axis, dims.size());
    for (int64_t block = 0; block < blocks; ++block) copy_run(out, block * row + filled, part, block * length, length);
    filled += length;
  }
}

Concat import(const ImportContext& context) { return {.axis = context.require_int("axis")}; }

Concat import_with_default(const ImportContext& context) { return {.axis = context.int_or("axis", 1)}; }

}  // namespace

void register_concat(Registry& registry) {
  registry.add<Concat>(
      {.name = "Concat",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Concat", .since = 1, .import = import_with_default}, {.name = "Concat", .since = 4, .import = import}},
       .traits = Trait::moves_data});
}

}  // namespace burnish::ops
