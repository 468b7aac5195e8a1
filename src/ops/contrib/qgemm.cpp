// QGemm: Gemm on quantized matrices with a bias in the product's scale. com.microsoft QGemm.
// Inputs: A, scale, zero point, B, scale, zero point (one for all or for each column), optional C (i32), optional output scale and zero
// point; without them the result is floating.
#include "ops/contrib/delegate.h"
#include "ops/matmul.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 6, 9);
  const bool transposed = context.flag_or("transB", false);
  const ValueId a = dequantize(context, inputs[0], inputs[1], inputs[2]);
  const ValueId b = dequantize(context, inputs[3], inputs[4], inputs[5], transposed ? 0 : 1);
  ValueId result = context.add(MatMul{.transpose_a = context.flag_or("transA", false), .transpose_b = transposed}, {a, b});
  if (context.has_input(6)) {
    const ValueId scale = add_pointwise(context, ExprCode::mul, {inputs[1], inputs[4]});
    const ValueId bias = cast_to(context, inputs[6], context.type(scale).dtype);
    result = add_pointwise(context, ExprCode::add, {result, add_pointwise(context, ExprCode::mul, {bias, scale})});
  }
  if (const double alpha = context.float_or("alpha", 1); alpha != 1) result = add_pointwise(context, ExprCode::mul, result, alpha);
  if (context.has_input(7)) result = quantize(context, result, inputs[7], input_or_none(context, 8), context.type(inputs[0]).dtype);
  context.set_output(0, result);
}

}  // namespace

void register_qgemm(Registry& registry) { registry.add_import("QGemm", 1, import, microsoft); }

}  // namespace burnish::ops
