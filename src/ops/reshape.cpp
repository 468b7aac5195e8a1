// Reshape: see the header. Zero copies a size, -1 takes what is left.
#include "ops/reshape.h"

#include <algorithm>

#include "base/error.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

/// Fills in copied sizes; returns where -1 stands.
std::optional<size_t> resolve_copies(const Reshape& op, const Shape& data, DimValues& sizes) {
  std::optional<size_t> open;
  bool zero = false;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    const std::optional<int64_t> size = sizes[axis].constant();
    if (not size or *size > 0) continue;
    if (*size < -1) fail("the new shape has the size {} at axis {}", *size, axis);
    if (*size == -1) {
      if (open) fail("the new shape has -1 at axes {} and {}; one size at most can be inferred", *open, axis);
      open = axis;
    } else if (op.allow_zero) {
      zero = true;
    } else {
      if (axis >= data.rank()) fail("the new shape copies axis {}, but the data has shape {}", axis, data.text());
      sizes[axis] = data[axis];
    }
  }
  if (zero and open) fail("with allow_zero, a new shape cannot hold both 0 and -1");
  return open;
}

Shape resolved(const Reshape& op, const Shape& data, DimValues sizes) {
  const std::string asked = Shape(sizes).text();
  const std::optional<size_t> open = resolve_copies(op, data, sizes);
  Dim known = 1;
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    if (axis != open) known = known * sizes[axis];
  const Dim total = data.size();
  const bool numbers = known.is_constant() and total.is_constant();
  if (open) {
    const bool divides = not numbers or (known.value() == 0 ? total.value() == 0 : total.value() % known.value() == 0);
    if (not divides) fail("data of shape {} cannot be reshaped to {}", data.text(), asked);
    sizes[*open] = known == Dim(0) ? Dim(0) : floor_div(total, known);
  } else if (numbers and known.value() != total.value()) {
    fail("data of shape {} cannot be reshaped to {}", data.text(), asked);
  }
  return Shape(std::move(sizes));
}

void infer(const Reshape& op, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_vector(context, 1, "the new shape");
  const auto sizes = context.values(1);
  if (not sizes) {
    context.output(0, context.dtype(0), shape_from_values(context, 1, "the new shape"));
    return;
  }
  const Shape shape = resolved(op, context.shape(0), *sizes);
  check_extents(shape);
  context.output(0, context.dtype(0), shape);
  if (auto values = context.values(0)) context.set_values(0, std::move(*values));
}

void reference(const Reshape& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<int64_t> sizes = context.input(1).integers();
  context.set_output(0, data.reshaped(resolved(op, Shape(data.dims()), DimValues(sizes.begin(), sizes.end())).dims()));
}

Reshape import(const ImportContext& context) { return {.allow_zero = context.flag_or("allowzero", false)}; }

void import_attribute(ImportContext& context) {
  context.set_output(0, context.add(Reshape{}, {context.input(0), context.constant_i64(context.require_ints("shape"))}));
}

}  // namespace

void register_reshape(Registry& registry) {
  registry.add<Reshape>(
      {.name = "Reshape",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Reshape", .since = 1, .expand = import_attribute}, {.name = "Reshape", .since = 5, .import = import}},
       .traits = Trait::view});
}

}  // namespace burnish::ops
