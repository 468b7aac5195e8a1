// Momentum: one update of gradient descent with momentum, plain or Nesterov's. ai.onnx.preview.training Momentum, opset 1.
// Inputs: rate, count, variables, gradients, momenta. Outputs: variables, momenta.
#include "base/error.h"
#include "ops/composite/training_steps.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

using enum ExprCode;

void import(ImportContext& context) {
  TrainingStep step(context, 3);
  const double alpha = context.float_or("alpha", 0);
  const std::string mode = context.require_string("mode");
  if (mode != "standard" and mode != "nesterov") fail("mode is `{}`; it must be standard or nesterov", mode);
  for (size_t i = 0; i < step.tensors(); ++i) {
    const ValueId variable = step.input(0, i);
    const DType dtype = context.type(variable).dtype;
    const ValueId gradient = step.regularized(variable, step.input(1, i));
    const ValueId share =
        step.after_first(context.constant(scalar(dtype, context.float_or("beta", 1))), context.constant(scalar(dtype, 1)));
    const ValueId momentum = step.op(add, step.op(mul, step.input(2, i), alpha), step.op(mul, share, gradient));
    const ValueId direction = mode == "standard" ? momentum : step.op(add, gradient, step.op(mul, momentum, alpha));
    step.set_output(0, i, step.op(sub, variable, step.op(mul, step.rate(dtype), direction)));
    step.set_output(1, i, momentum);
  }
}

}  // namespace

void register_momentum(Registry& registry) { registry.add_import("Momentum", 1, import, "ai.onnx.preview.training"); }

}  // namespace burnish::ops
