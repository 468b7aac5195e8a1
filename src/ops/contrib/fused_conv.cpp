// FusedConv: Conv, optionally plus a tensor, and an activation. com.microsoft FusedConv. Inputs: X, W, optional B, optional Z.
// FusedGemm: Gemm and an activation.
#include "base/error.h"
#include "ops/contrib/delegate.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

ValueId activated(ImportContext& context, ValueId value, const std::vector<double>& parameters) {
  const std::string name = context.string_or("activation", "");
  const auto parameter = [&](size_t index, double otherwise) { return index < parameters.size() ? parameters[index] : otherwise; };
  const auto number = [&](double one) { return context.constant(scalar(context.type(value).dtype, one)); };
  if (name.empty()) return value;
  if (name == "Relu") return add_pointwise(context, ExprCode::relu, {value});
  if (name == "Tanh") return add_pointwise(context, ExprCode::tanh, {value});
  if (name == "Sigmoid") return add_pointwise(context, ExprCode::sigmoid, {value});
  if (name == "LeakyRelu") return add_pointwise(context, ExprCode::leaky_relu, std::vector{value}, parameter(0, 0.01));
  if (name == "HardSigmoid") return add_pointwise(context, ExprCode::hard_sigmoid, {value}, parameter(0, 0.2), parameter(1, 0.5));
  if (name == "Clip" and parameters.size() == 2)
    return add_pointwise(context, ExprCode::clip, {value, number(parameters[0]), number(parameters[1])});
  fail_unsupported("the activation `{}` with {} parameters", name, parameters.size());
}

void import_conv(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 4);
  ValueId result = as_onnx(context, "Conv", 11, {inputs[0], inputs[1], input_or_none(context, 2)});
  if (context.has_input(3)) result = add_pointwise(context, ExprCode::add, {result, inputs[3]});
  context.set_output(0, activated(context, result, context.find_floats("activation_params").value_or(std::vector<double>())));
}

void import_gemm(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 3);
  std::vector<double> parameters;
  for (const char* name : {"activation_alpha", "activation_beta"})
    if (const auto one = context.find_float(name)) parameters.push_back(*one);
  context.set_output(0, activated(context, as_onnx(context, "Gemm", 13, {inputs[0], inputs[1], input_or_none(context, 2)}), parameters));
}

}  // namespace

void register_fused_conv(Registry& registry) {
  registry.add_import("FusedConv", 1, import_conv, microsoft);
  registry.add_import("FusedGemm", 1, import_gemm, microsoft);
}

}  // namespace burnish::ops
