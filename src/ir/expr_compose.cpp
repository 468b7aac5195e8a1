// Composing two Exprs into one, and cleaning up what composition leaves behind.
#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "base/error.h"
#include "ir/expr.h"

namespace burnish {
namespace {

ExprStep renumbered(ExprStep step, const std::vector<ExprOperand>& to) {
  for (size_t i = 0; i < info_of(step.code).arity; ++i) step.args[i] = to.at(step.args[i]);
  return step;
}

ExprOperand append(Expr& expr, const ExprStep& step) {
  const ExprOperand operand = expr.add_step(step.code, step.dtype, step.args, step.a, step.b);
  expr.steps.back().integer = step.integer;
  return operand;
}

/// What two steps must share to be equal; parameters by their bits, so that NaN equals itself and -0 is not 0.
using StepKey = std::tuple<ExprCode, DType, std::array<ExprOperand, 3>, uint64_t, uint64_t, int64_t>;

StepKey key_of(const ExprStep& step) {
  std::array<ExprOperand, 3> args{};
  std::copy_n(step.args.begin(), info_of(step.code).arity, args.begin());
  return {step.code, step.dtype, args, std::bit_cast<uint64_t>(step.a), std::bit_cast<uint64_t>(step.b), step.integer};
}

/// For every operand, the first one that surely has the same value.
std::vector<ExprOperand> first_equal(const Expr& expr, const std::vector<size_t>& same_as) {
  std::vector<ExprOperand> first(expr.operand_count());
  for (size_t i = 0; i < expr.inputs.size(); ++i) {
    const size_t same = i < same_as.size() and same_as[i] < i ? same_as[i] : i;
    first[i] = same == i ? static_cast<ExprOperand>(i) : first[same];
  }
  std::map<StepKey, ExprOperand> seen;
  for (size_t i = 0; i < expr.steps.size(); ++i) {
    const auto operand = static_cast<ExprOperand>(expr.inputs.size() + i);
    first[operand] = seen.emplace(key_of(renumbered(expr.steps[i], first)), operand).first->second;
  }
  return first;
}

std::vector<bool> needed_operands(const Expr& expr, const std::vector<ExprOperand>& first) {
  std::vector<bool> needed(expr.operand_count(), false);
  for (const ExprOperand output : expr.outputs) needed[first[output]] = true;
  for (size_t operand = expr.operand_count(); operand-- > expr.inputs.size();) {
    if (not needed[operand]) continue;
    const ExprStep& step = expr.steps[operand - expr.inputs.size()];
    for (size_t i = 0; i < info_of(step.code).arity; ++i) needed[first[step.args[i]]] = true;
  }
  return needed;
}

}  // namespace

Expr composed(const Expr& inner, size_t output, const Expr& outer, size_t input, bool keep_inner) {
  BURNISH_CHECK(output < inner.outputs.size() and input < outer.inputs.size(), "composition of operands that do not exist");
  const ExprOperand joint = inner.outputs[output];
  if (inner.dtype(joint) != outer.inputs[input])
    fail("an expression yields {} where {} is read", name_of(inner.dtype(joint)), name_of(outer.inputs[input]));
  Expr out;
  for (const DType dtype : inner.inputs) out.add_input(dtype);
  std::vector<ExprOperand> outer_to(outer.operand_count());
  for (size_t i = 0; i < outer.inputs.size(); ++i)
    if (i != input) outer_to[i] = out.add_input(outer.inputs[i]);
  std::vector<ExprOperand> inner_to(inner.operand_count());
  for (size_t i = 0; i < inner.inputs.size(); ++i) inner_to[i] = static_cast<ExprOperand>(i);
  for (size_t i = 0; i < inner.steps.size(); ++i) inner_to[inner.inputs.size() + i] = append(out, renumbered(inner.steps[i], inner_to));
  outer_to[input] = inner_to[joint];
  for (size_t i = 0; i < outer.steps.size(); ++i) outer_to[outer.inputs.size() + i] = append(out, renumbered(outer.steps[i], outer_to));
  for (const ExprOperand one : outer.outputs) out.outputs.push_back(outer_to[one]);
  if (keep_inner) out.outputs.push_back(inner_to[joint]);
  return out;
}

Expr simplified(const Expr& expr, const std::vector<size_t>& same_as, std::vector<size_t>& kept_inputs) {
  const std::vector<ExprOperand> first = first_equal(expr, same_as);
  const std::vector<bool> needed = needed_operands(expr, first);
  Expr out;
  std::vector<ExprOperand> to(expr.operand_count());
  kept_inputs.clear();
  for (size_t i = 0; i < expr.inputs.size(); ++i) {
    if (not needed[i]) continue;
    to[i] = out.add_input(expr.inputs[i]);
    kept_inputs.push_back(i);
  }
  for (size_t i = 0; i < expr.steps.size(); ++i) {
    const size_t operand = expr.inputs.size() + i;
    if (needed[operand]) to[operand] = append(out, renumbered(renumbered(expr.steps[i], first), to));
  }
  for (const ExprOperand output : expr.outputs) out.outputs.push_back(to[first[output]]);
  return out;
}

}  // namespace burnish
