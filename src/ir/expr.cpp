// What an Expr is: the facts of each code, the builders, and the rules that `verify` holds it to.
#include "ir/expr.h"

#include <algorithm>

#include "base/error.h"

namespace burnish {
namespace {

constexpr size_t most_operands = 4096;

// In the order of the enumeration: name, arguments, parameters, whether the result is boolean.
constexpr std::array<ExprCodeInfo, expr_code_count> table{{
    {"constant", 0, 1, false},
    {"cast", 1, 0, false},
    {"add", 2, 0, false},
    {"sub", 2, 0, false},
    {"mul", 2, 0, false},
    {"div", 2, 0, false},
    {"mod", 2, 0, false},
    {"fmod", 2, 0, false},
    {"pow", 2, 0, false},
    {"min", 2, 0, false},
    {"max", 2, 0, false},
    {"neg", 1, 0, false},
    {"abs", 1, 0, false},
    {"sign", 1, 0, false},
    {"reciprocal", 1, 0, false},
    {"sqrt", 1, 0, false},
    {"exp", 1, 0, false},
    {"log", 1, 0, false},
    {"erf", 1, 0, false},
    {"floor", 1, 0, false},
    {"ceil", 1, 0, false},
    {"round", 1, 0, false},
    {"sin", 1, 0, false},
    {"cos", 1, 0, false},
    {"tan", 1, 0, false},
    {"asin", 1, 0, false},
    {"acos", 1, 0, false},
    {"atan", 1, 0, false},
    {"sinh", 1, 0, false},
    {"cosh", 1, 0, false},
    {"tanh", 1, 0, false},
    {"asinh", 1, 0, false},
    {"acosh", 1, 0, false},
    {"atanh", 1, 0, false},
    {"sigmoid", 1, 0, false},
    {"relu", 1, 0, false},
    {"softplus", 1, 0, false},
    {"softsign", 1, 0, false},
    {"mish", 1, 0, false},
    {"hard_swish", 1, 0, false},
    {"leaky_relu", 1, 1, false},
    {"elu", 1, 1, false},
    {"celu", 1, 1, false},
    {"selu", 1, 2, false},
    {"hard_sigmoid", 1, 2, false},
    {"thresholded_relu", 1, 1, false},
    {"shrink", 1, 2, false},
    {"swish", 1, 1, false},
    {"gelu_erf", 1, 0, false},
    {"gelu_tanh", 1, 0, false},
    {"prelu", 2, 0, false},
    {"clip", 3, 0, false},
    {"is_nan", 1, 0, true},
    {"is_inf", 1, 2, true},
    {"equal", 2, 0, true},
    {"less", 2, 0, true},
    {"less_equal", 2, 0, true},
    {"greater", 2, 0, true},
    {"greater_equal", 2, 0, true},
    {"logical_and", 2, 0, true},
    {"logical_or", 2, 0, true},
    {"logical_xor", 2, 0, true},
    {"logical_not", 1, 0, true},
    {"bitwise_and", 2, 0, false},
    {"bitwise_or", 2, 0, false},
    {"bitwise_xor", 2, 0, false},
    {"bitwise_not", 1, 0, false},
    {"shift_left", 2, 0, false},
    {"shift_right", 2, 0, false},
    {"where", 3, 0, false},
    {"round_half_away", 1, 0, false},
    {"trunc", 1, 0, false},
}};
static_assert(table.back().name == "trunc");

bool is_real(DType dtype) { return byte_size(dtype) > 0 and not is_complex(dtype); }

void expect(bool holds, ExprOperand operand, ExprCode code, std::string_view what) {
  if (not holds) fail("step {} ({}) of an expression: {}", operand, info_of(code).name, what);
}

bool in_range(ExprCode code, ExprCode first, ExprCode last) { return code >= first and code <= last; }

/// The types a step may have, given those of its arguments.
void verify_types(const Expr& expr, ExprOperand operand, const ExprStep& step) {
  const ExprCode code = step.code;
  const ExprCodeInfo& info = info_of(code);
  const auto arg = [&](size_t index) { return expr.dtype(step.args[index]); };
  const auto all_args = [&](DType dtype) {
    return std::all_of(step.args.begin(), step.args.begin() + info.arity, [&](ExprOperand one) { return expr.dtype(one) == dtype; });
  };
  expect(is_real(step.dtype), operand, code, "the result must be a real number or boolean");
  expect(not info.boolean_result or step.dtype == DType::boolean, operand, code, "the result must be boolean");
  if (code == ExprCode::constant or code == ExprCode::cast) return;
  if (in_range(code, ExprCode::logical_and, ExprCode::logical_not))
    return expect(all_args(DType::boolean), operand, code, "the operands must be boolean");
  if (in_range(code, ExprCode::equal, ExprCode::greater_equal))
    return expect(arg(0) == arg(1), operand, code, "the operands must have one type");
  if (in_range(code, ExprCode::is_nan, ExprCode::is_inf)) return expect(is_floating(arg(0)), operand, code, "the operand must be floating");
  if (code == ExprCode::pow) return expect(arg(0) == step.dtype, operand, code, "the base must have the result's type");
  if (code == ExprCode::where) {
    expect(arg(0) == DType::boolean, operand, code, "the condition must be boolean");
    return expect(arg(1) == step.dtype and arg(2) == step.dtype, operand, code, "both choices must have the result's type");
  }
  if (in_range(code, ExprCode::bitwise_and, ExprCode::shift_right))
    expect(not is_floating(step.dtype), operand, code, "the type must be an integer");
  expect(all_args(step.dtype), operand, code, "the operands must have the result's type");
}

}  // namespace

const ExprCodeInfo& info_of(ExprCode code) { return table.at(static_cast<size_t>(code)); }

std::optional<ExprCode> expr_code_from_name(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &ExprCodeInfo::name);
  if (found == table.end()) return {};
  return static_cast<ExprCode>(found - table.begin());
}

ExprOperand Expr::add_input(DType dtype) {
  BURNISH_CHECK(steps.empty(), "inputs come before steps");
  BURNISH_CHECK(operand_count() < most_operands, "an expression has too many operands");
  inputs.push_back(dtype);
  return static_cast<ExprOperand>(inputs.size() - 1);
}

ExprOperand Expr::add_step(ExprCode code, DType dtype, std::array<ExprOperand, 3> args, double a, double b) {
  BURNISH_CHECK(operand_count() < most_operands, "an expression has too many operands");
  ExprStep step;
  step.code = code;
  step.dtype = dtype;
  step.args = args;
  step.a = a;
  step.b = b;
  steps.push_back(step);
  return static_cast<ExprOperand>(operand_count() - 1);
}

ExprOperand Expr::add_constant(DType dtype, double value) {
  if (not is_floating(dtype)) fail("a constant of type {} is added by add_integer", name_of(dtype));
  return add_step(ExprCode::constant, dtype, {}, value);
}

ExprOperand Expr::add_integer(DType dtype, int64_t value) {
  if (is_floating(dtype)) return add_constant(dtype, static_cast<double>(value));
  const ExprOperand operand = add_step(ExprCode::constant, dtype, {});
  steps.back().integer = value;
  return operand;
}

Expr Expr::single(ExprCode code, std::vector<DType> inputs, DType result, double a, double b) {
  const size_t arity = info_of(code).arity;
  if (inputs.size() != arity) fail("{} takes {} operands, got {}", info_of(code).name, arity, inputs.size());
  Expr out;
  out.inputs = std::move(inputs);
  std::array<ExprOperand, 3> args{};
  for (size_t i = 0; i < arity; ++i) args[i] = static_cast<ExprOperand>(i);
  out.outputs.push_back(out.add_step(code, result, args, a, b));
  return out;
}

std::optional<ExprCode> Expr::as_single() const {
  if (steps.size() != 1 or outputs.size() != 1 or outputs.front() != inputs.size()) return {};
  const ExprStep& step = steps.front();
  if (info_of(step.code).arity != inputs.size()) return {};
  for (size_t i = 0; i < inputs.size(); ++i)
    if (step.args[i] != i) return {};
  return step.code;
}

void Expr::verify() const {
  if (operand_count() > most_operands) fail("an expression has {} operands, more than {}", operand_count(), most_operands);
  if (outputs.empty()) fail("an expression has no outputs");
  for (const DType dtype : inputs)
    if (not is_real(dtype)) fail("an expression cannot compute with {}", name_of(dtype));
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto operand = static_cast<ExprOperand>(inputs.size() + i);
    const ExprStep& step = steps[i];
    if (static_cast<size_t>(step.code) >= expr_code_count)
      fail("step {} of an expression has the unknown code {}", operand, static_cast<int>(step.code));
    for (size_t arg = 0; arg < info_of(step.code).arity; ++arg)
      expect(step.args[arg] < operand, operand, step.code, "it reads an operand that does not stand before it");
    verify_types(*this, operand, step);
  }
  for (const ExprOperand output : outputs)
    if (output >= operand_count()) fail("an expression's output {} does not exist", output);
}

}  // namespace burnish
