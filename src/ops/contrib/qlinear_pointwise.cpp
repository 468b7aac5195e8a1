// Elementwise operators between quantized tensors: com.microsoft QLinearAdd, QLinearMul, QLinearSigmoid, QLinearLeakyRelu.
// Inputs of each operand: tensor, scale, optional zero point; last the output's scale and zero point.
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

ValueId operand(ImportContext& context, size_t first) {
  return dequantize(context, context.input(first), context.input(first + 1), input_or_none(context, first + 2));
}

void set_quantized(ImportContext& context, ValueId value, size_t scale) {
  const DType dtype = context.type(context.input(0)).dtype;
  context.set_output(0, quantize(context, value, context.input(scale), input_or_none(context, scale + 1), dtype));
}

void import_binary(ImportContext& context, ExprCode code) {
  set_quantized(context, add_pointwise(context, code, {operand(context, 0), operand(context, 3)}), 6);
}

void import_sigmoid(ImportContext& context) { set_quantized(context, add_pointwise(context, ExprCode::sigmoid, {operand(context, 0)}), 3); }

void import_leaky_relu(ImportContext& context) {
  set_quantized(context, add_pointwise(context, ExprCode::leaky_relu, std::vector{operand(context, 0)}, context.float_or("alpha", 0.01)),
                3);
}

}  // namespace

void register_qlinear_pointwise(Registry& registry) {
  registry.add_import("QLinearAdd", 1, [](ImportContext& context) { import_binary(context, ExprCode::add); }, microsoft);
  registry.add_import("QLinearMul", 1, [](ImportContext& context) { import_binary(context, ExprCode::mul); }, microsoft);
  registry.add_import("QLinearSigmoid", 1, import_sigmoid, microsoft);
  registry.add_import("QLinearLeakyRelu", 1, import_leaky_relu, microsoft);
}

}  // namespace burnish::ops
