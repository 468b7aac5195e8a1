// ONNX operators with quantization inside, composed of explicit quantization around plain operators: QLinearConv, QLinearMatMul,
// MatMulInteger, ConvInteger. Backends fuse what they can run in integers.
#include "base/error.h"
#include "ops/convolution.h"
#include "ops/matmul.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/quantize.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

ValueId optional_input(const ImportContext& context, size_t index) { return context.has_input(index) ? context.input(index) : ValueId{}; }

/// The float value of inputs [first, first + 3): quantized tensor, scale, zero point.
ValueId dequantized(ImportContext& context, size_t first, int64_t axis) {
  std::vector<ValueId> inputs{context.input(first), context.input(first + 1), optional_input(context, first + 2)};
  const DequantizeLinear op{.axis = axis, .block_size = 0, .output = context.type(inputs[1]).dtype};
  return context.add(op, std::move(inputs));
}

ValueId quantized(ImportContext& context, ValueId value, ValueId scale, ValueId zero_point, int64_t axis) {
  QuantizeLinear op;
  op.axis = axis;
  return context.add(op, {value, scale, zero_point});
}

void import_qlinear_conv(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 8, 9);
  std::vector<ValueId> operands{dequantized(context, 0, 1), dequantized(context, 3, 0)};
  if (context.has_input(8)) {
    const ValueId scale = add_pointwise(context, ExprCode::mul, {inputs[1], inputs[4]});
    operands.push_back(context.add(DequantizeLinear{.axis = 0, .block_size = 0, .output = context.type(scale).dtype}, {inputs[8], scale}));
  }
  const ValueId result = context.add(import_convolution(context), std::move(operands));
  context.set_output(0, quantized(context, result, inputs[6], inputs[7], 1));
}

/// Scales and zero points of A belong to rows, those of B to columns.
void import_qlinear_matmul(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 8, 8);
  const size_t rank = context.type(inputs[0]).shape.rank();
  const ValueId a = dequantized(context, 0, rank > 1 ? -2 : 0);
  const ValueId b = dequantized(context, 3, -1);
  context.set_output(0, quantized(context, context.add(MatMul{}, {a, b}), inputs[6], inputs[7], -2));
}

/// The integers minus their zero point, in `dtype`; a vector of zero points gets `trailing` further axes.
ValueId centered(ImportContext& context, size_t input, size_t zero_point, DType dtype, size_t trailing) {
  const ValueId value = cast_to(context, context.input(input), dtype);
  if (not context.has_input(zero_point)) return value;
  ValueId zero = cast_to(context, context.input(zero_point), dtype);
  if (context.type(zero).shape.rank() == 1) zero = with_trailing_axes(context, zero, trailing);
  return add_pointwise(context, ExprCode::sub, {value, zero});
}

void import_matmul_integer(ImportContext& context) {
  required_inputs(context, 2, 4);
  const bool a_has_rows = context.type(context.input(0)).shape.rank() > 1;
  const ValueId a = centered(context, 0, 2, DType::i32, a_has_rows ? 1 : 0);
  const ValueId b = centered(context, 1, 3, DType::i32, 0);
  context.set_output(0, context.add(MatMul{}, {a, b}));
}

/// Sums of products of bytes are exact in f64.
void import_conv_integer(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 4);
  const size_t rank = context.type(inputs[1]).shape.rank();
  if (rank < 3) fail("the weight has shape {}; a convolution needs at least one spatial axis", context.type(inputs[1]).shape.text());
  const ValueId x = centered(context, 0, 2, DType::f64, 0);
  const ValueId w = centered(context, 1, 3, DType::f64, rank - 1);
  context.set_output(0, cast_to(context, context.add(import_convolution(context), {x, w}), DType::i32));
}

}  // namespace

void register_quantized_composites(Registry& registry) {
  registry.add_import("QLinearConv", 10, import_qlinear_conv);
  registry.add_import("QLinearMatMul", 10, import_qlinear_matmul);
  registry.add_import("MatMulInteger", 10, import_matmul_integer);
  registry.add_import("ConvInteger", 10, import_conv_integer);
}

}  // namespace burnish::ops
