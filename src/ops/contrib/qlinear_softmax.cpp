// QLinearSoftmax: softmax of a quantized tensor. com.microsoft QLinearSoftmax, whose attribute `opset` names the form of ONNX Softmax.
// Inputs: tensor, scale, optional zero point, the output's scale and zero point.
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 5);
  const int64_t opset = context.require_int("opset") < 13 ? 1 : 13;
  const ValueId value = dequantize(context, inputs[0], inputs[1], input_or_none(context, 2));
  const ValueId result = as_onnx(context, "Softmax", opset, {value});
  context.set_output(0, quantize(context, result, context.input(3), input_or_none(context, 4), context.type(inputs[0]).dtype));
}

}  // namespace

void register_qlinear_softmax(Registry& registry) { registry.add_import("QLinearSoftmax", 1, import, microsoft); }

}  // namespace burnish::ops
