// Inputs of the optimizers, and their arithmetic.
#include "ops/composite/training_steps.h"

#include "base/error.h"
#include "ops/numbers.h"

namespace burnish::ops {

TrainingStep::TrainingStep(ImportContext& context, size_t groups) : context_(context) {
  const size_t count = context.input_count();
  if (count < 2 + groups or (count - 2) % groups != 0)
    fail("the operator takes 2 inputs and {} for each tensor, but has {}", groups, count);
  for (size_t i = 0; i < count; ++i)
    if (not context.has_input(i)) fail("input {} is missing", i);
  tensors_ = (count - 2) / groups;
  for (const size_t i : {0U, 1U})
    if (const Shape& shape = context.type(context.input(i)).shape; shape.rank() > 1)
      fail("input {} has shape {}; it must hold one number", i, shape.text());
}

ValueId TrainingStep::after_first(ValueId late, ValueId first) {
  const ValueId count = context_.input(1);
  const ValueId any = add_pointwise(context_, ExprCode::greater, count, 0);
  return add_pointwise(context_, ExprCode::where, {any, late, first});
}

ValueId TrainingStep::op(ExprCode code, double a, ValueId b) {
  return add_pointwise(context_, code, {context_.constant(scalar(context_.type(b).dtype, a)), b});
}

ValueId TrainingStep::regularized(ValueId variable, ValueId gradient) {
  return op(ExprCode::add, op(ExprCode::mul, variable, context_.float_or("norm_coefficient", 0)), gradient);
}

}  // namespace burnish::ops
