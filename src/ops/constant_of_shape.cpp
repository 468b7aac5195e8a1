// ConstantOfShape: see the header.
#include "ops/constant_of_shape.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const ConstantOfShape& op, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_index_vector(context, 0, "the shape");
  const Shape shape = shape_from_values(context, 0, "the shape");
  context.output(0, op.dtype, shape);
  if (shape.rank() > 1) return;
  const std::optional<int64_t> count = shape.size().constant();
  if (count and *count <= 64) propagate(context, 0, op.dtype, DimValues(static_cast<size_t>(*count), Dim(op.integer)));
}

void reference(const ConstantOfShape& op, EvalContext& context) {
  Tensor element(op.dtype, {});
  if (is_floating(op.dtype)) {
    element.set_number(0, op.value);
  } else {
    element.set_integer(0, op.integer);
  }
  Tensor& out = context.allocate(0, op.dtype, context.input(0).integers());
  fill_run(out, 0, out.size(), element);
}

ConstantOfShape import(const ImportContext& context) {
  const std::optional<Tensor> value = context.find_tensor("value");
  if (not value) return {};
  if (value->size() != 1) fail("the attribute `value` must hold one element, but has shape {}", text_of(value->dims()));
  if (is_floating(value->dtype())) return {.dtype = value->dtype(), .value = value->number(0)};
  if (not is_integer(value->dtype()) and value->dtype() != DType::boolean)
    fail_unsupported("a {} `value` is not supported", name_of(value->dtype()));
  return {.dtype = value->dtype(), .integer = value->integer(0)};
}

}  // namespace

void register_constant_of_shape(Registry& registry) {
  registry.add<ConstantOfShape>({.name = "ConstantOfShape",
                                 .infer = infer,
                                 .reference = reference,
                                 .onnx = {{.name = "ConstantOfShape", .since = 9, .import = import}}});
}

}  // namespace burnish::ops
