// The programs say what the reference of DynamicQuantizeLinear computes, step by step.
#include "tactics/expand_dynamic_quantize.h"

#include "ops/dynamic_quantize_linear.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"

namespace burnish::tactics {
namespace {

using Output = ops::DynamicQuantizeLinear::Output;

constexpr double steps = 255;

ExprOperand clipped(Expr& expr, ExprOperand value) {
  const ExprOperand low = expr.add_constant(DType::f32, 0);
  const ExprOperand high = expr.add_constant(DType::f32, steps);
  return expr.add_step(ExprCode::clip, DType::f32, {value, low, high});
}

/// (least, most) to (scale, zero point).
Expr scaling() {
  Expr expr;
  expr.inputs = {DType::f32, DType::f32};
  const ExprOperand zero = expr.add_constant(DType::f32, 0);
  const ExprOperand low = expr.add_step(ExprCode::min, DType::f32, {0, zero, 0});
  const ExprOperand high = expr.add_step(ExprCode::max, DType::f32, {1, zero, 0});
  const ExprOperand range = expr.add_step(ExprCode::sub, DType::f32, {high, low, 0});
  const ExprOperand step = expr.add_step(ExprCode::div, DType::f32, {range, expr.add_constant(DType::f32, steps), 0});
  const ExprOperand empty = expr.add_step(ExprCode::equal, DType::boolean, {low, high, 0});
  const ExprOperand scale = expr.add_step(ExprCode::where, DType::f32, {empty, expr.add_constant(DType::f32, 1), step});
  const ExprOperand exact = expr.add_step(ExprCode::div, DType::f32, {expr.add_step(ExprCode::neg, DType::f32, {low, 0, 0}), scale, 0});
  const ExprOperand whole = clipped(expr, expr.add_step(ExprCode::round, DType::f32, {exact, 0, 0}));
  expr.outputs = {scale, expr.add_step(ExprCode::cast, DType::u8, {whole, 0, 0})};
  return expr;
}

/// (x, scale, zero point) to bytes.
Expr quantizing() {
  Expr expr;
  expr.inputs = {DType::f32, DType::f32, DType::u8};
  const ExprOperand quotient = expr.add_step(ExprCode::div, DType::f32, {0, 1, 0});
  const ExprOperand whole = expr.add_step(ExprCode::round, DType::f32, {quotient, 0, 0});
  const ExprOperand zero = expr.add_step(ExprCode::cast, DType::f32, {2, 0, 0});
  const ExprOperand value = clipped(expr, expr.add_step(ExprCode::add, DType::f32, {whole, zero, 0}));
  expr.outputs = {expr.add_step(ExprCode::cast, DType::u8, {value, 0, 0})};
  return expr;
}

}  // namespace

std::optional<Patch> expand_dynamic_quantize(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::DynamicQuantizeLinear>()) return {};
  const ValueId x = node.inputs[0];
  Patch patch(graph, "expand_dynamic_quantize");
  const auto extreme = [&](ops::ReduceKind kind) { return patch.add(ops::Reduce{.kind = kind, .keep_dims = false}, {x}); };
  const ValueId least = extreme(ops::ReduceKind::min);
  const ValueId scale = patch.add(ops::Pointwise{scaling()}, {least, extreme(ops::ReduceKind::max)}, 2);
  const ValueId zero_point{scale.index + 1};
  patch.replace(node.outputs[Output::y], patch.add(ops::Pointwise{quantizing()}, {x, scale, zero_point}));
  patch.replace(node.outputs[Output::scale], scale);
  patch.replace(node.outputs[Output::zero_point], zero_point);
  return patch;
}

}  // namespace burnish::tactics
