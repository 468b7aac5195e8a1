// Adagrad: one update of ADAGRAD. ai.onnx.preview.training Adagrad, opset 1.
// Inputs: rate, count, variables, gradients, sums of squared gradients. Outputs: variables, sums.
#include "ops/composite/training_steps.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

using enum ExprCode;

void import(ImportContext& context) {
  TrainingStep step(context, 3);
  for (size_t i = 0; i < step.tensors(); ++i) {
    const ValueId variable = step.input(0, i);
    const DType dtype = context.type(variable).dtype;
    const ValueId slowing = step.op(add, step.op(mul, step.count(dtype), context.float_or("decay_factor", 0)), 1);
    const ValueId rate = step.op(div, step.rate(dtype), slowing);
    const ValueId gradient = step.regularized(variable, step.input(1, i));
    const ValueId sum = step.op(add, step.input(2, i), step.op(mul, gradient, gradient));
    const ValueId scale = step.op(add, step.root(sum), context.float_or("epsilon", 1e-6));
    step.set_output(0, i, step.op(sub, variable, step.op(div, step.op(mul, rate, gradient), scale)));
    step.set_output(1, i, sum);
  }
}

}  // namespace

void register_adagrad(Registry& registry) { registry.add_import("Adagrad", 1, import, "ai.onnx.preview.training"); }

}  // namespace burnish::ops
