// Adam: one update of Adam. ai.onnx.preview.training Adam, opset 1.
// Inputs: rate, count, variables, gradients, averaged gradients, averaged squared gradients. Outputs: variables and both averages.
#include "ops/composite/training_steps.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

using enum ExprCode;

/// kept * old + (1 - kept) * now
ValueId averaged(TrainingStep& step, double kept, ValueId old, ValueId now) {
  return step.op(add, step.op(mul, old, kept), step.op(mul, now, 1 - kept));
}

void import(ImportContext& context) {
  TrainingStep step(context, 4);
  const double alpha = context.float_or("alpha", 0.9);
  const double beta = context.float_or("beta", 0.999);
  for (size_t i = 0; i < step.tensors(); ++i) {
    const ValueId variable = step.input(0, i);
    const DType dtype = context.type(variable).dtype;
    const ValueId gradient = step.regularized(variable, step.input(1, i));
    const ValueId momentum = averaged(step, alpha, step.input(2, i), gradient);
    const ValueId squares = averaged(step, beta, step.input(3, i), step.op(mul, gradient, gradient));
    // The averages start at zero; the correction makes up for it.
    const auto missing = [&](double kept) { return step.op(sub, 1, step.op(pow, kept, step.count(dtype))); };
    const ValueId corrected = step.op(div, step.op(mul, step.rate(dtype), step.root(missing(beta))), missing(alpha));
    const ValueId rate = step.after_first(corrected, step.rate(dtype));
    const ValueId scale = step.op(add, step.root(squares), context.float_or("epsilon", 1e-6));
    const ValueId moved = step.op(sub, variable, step.op(mul, rate, step.op(div, momentum, scale)));
    step.set_output(0, i, step.op(mul, moved, 1 - context.float_or("norm_coefficient_post", 0)));
    step.set_output(1, i, momentum);
    step.set_output(2, i, squares);
  }
}

}  // namespace

void register_adam(Registry& registry) { registry.add_import("Adam", 1, import, "ai.onnx.preview.training"); }

}  // namespace burnish::ops
