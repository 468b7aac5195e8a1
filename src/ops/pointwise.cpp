// Pointwise: see the header. The ONNX forms are in onnx_pointwise.cpp; how values of shape arithmetic pass through in pointwise_values.cpp.
#include "ops/pointwise.h"

#include "base/error.h"
#include "ops/operator.h"
#include "ops/pointwise_values.h"

namespace burnish::ops {
namespace {

void check_inputs(const Expr& expr, const InferContext& context) {
  context.expect_inputs(expr.inputs.size(), expr.inputs.size());
  for (size_t i = 0; i < expr.inputs.size(); ++i)
    if (context.dtype(i) != expr.inputs[i])
      fail("input {} is {}, but the expression expects {}; a Cast converts", i, name_of(context.dtype(i)), name_of(expr.inputs[i]));
}

void infer(const Pointwise& op, InferContext& context) {
  const Expr& expr = op.expr;
  expr.verify();
  check_inputs(expr, context);
  Shape shape;
  for (size_t i = 0; i < expr.inputs.size(); ++i) shape = broadcast(shape, context.shape(i));
  for (size_t i = 0; i < expr.outputs.size(); ++i) context.output(i, expr.dtype(expr.outputs[i]), shape);
  propagate_pointwise(expr, shape, context);
}

void reference(const Pointwise& op, EvalContext& context) {
  std::vector<Tensor> inputs;
  Shape domain;
  for (size_t i = 0; i < op.expr.inputs.size(); ++i) {
    inputs.push_back(context.input(i));
    domain = broadcast(domain, Shape(inputs.back().dims()));
  }
  std::vector<Tensor> outputs = evaluate(op.expr, inputs, domain.dims());
  for (size_t i = 0; i < outputs.size(); ++i) context.set_output(i, std::move(outputs[i]));
}

}  // namespace

std::optional<ExprCode> single_code(const Op& op) {
  const auto* pointwise = op.as<Pointwise>();
  return pointwise == nullptr ? std::nullopt : pointwise->expr.as_single();
}

Pointwise pointwise(ExprCode code, std::vector<DType> inputs, DType result, double a, double b) {
  return {Expr::single(code, std::move(inputs), result, a, b)};
}

void register_pointwise(Registry& registry) {
  registry.add<Pointwise>({.name = "Pointwise", .infer = infer, .reference = reference, .onnx = {}, .traits = Trait::pointwise});
}

}  // namespace burnish::ops
