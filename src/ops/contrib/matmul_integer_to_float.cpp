// Products of quantized matrices as floats: com.microsoft MatMulIntegerToFloat (A, B, scale of A, scale of B, optional zero points of A and B,
// optional bias) and DynamicQuantizeMatMul (A in float, which is quantized by its own range; B, scale of B, optional zero point, optional
// bias). Scales and zero points of B may be one for each column.
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

/// The exact integer product, scaled, and the bias.
void set_product(ImportContext& context, std::vector<ValueId> operands, ValueId scale_a, ValueId scale_b, ValueId bias) {
  const ValueId product = as_onnx(context, "MatMulInteger", 10, std::move(operands));
  const ValueId scale = add_pointwise(context, ExprCode::mul, {scale_a, scale_b});
  ValueId result = add_pointwise(context, ExprCode::mul, {cast_to(context, product, context.type(scale).dtype), scale});
  if (bias.valid()) result = add_pointwise(context, ExprCode::add, {result, bias});
  context.set_output(0, result);
}

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 4, 7);
  set_product(context, {inputs[0], inputs[1], input_or_none(context, 4), input_or_none(context, 5)}, inputs[2], inputs[3],
              input_or_none(context, 6));
}

void import_dynamic(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 3, 5);
  const std::vector<ValueId> a = as_onnx(context, "DynamicQuantizeLinear", 11, {inputs[0]}, 3);
  set_product(context, {a[0], inputs[1], a[2], input_or_none(context, 3)}, a[1], inputs[2], input_or_none(context, 4));
}

}  // namespace

void register_matmul_integer_to_float(Registry& registry) {
  registry.add_import("MatMulIntegerToFloat", 1, import, microsoft);
  registry.add_import("DynamicQuantizeMatMul", 1, import_dynamic, microsoft);
}

}  // namespace burnish::ops
