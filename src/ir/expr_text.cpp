// The text form of Exprs: "(f32,f32) add:f32(0,1) relu:f32(2) -> 3".
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "ir/expr.h"

namespace burnish {
namespace {

std::string shortest(double value) {
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

std::string parameters_text(const ExprStep& step) {
  if (step.code == ExprCode::constant) return is_floating(step.dtype) ? shortest(step.a) : std::to_string(step.integer);
  const uint8_t count = info_of(step.code).parameters;
  if (count == 0) return {};
  return count == 1 ? shortest(step.a) : shortest(step.a) + "," + shortest(step.b);
}

DType parse_dtype(TextCursor& cursor) {
  const std::string_view name = cursor.word();
  if (const std::optional<DType> dtype = dtype_from_name(name)) return *dtype;
  cursor.fail_here(fmt::format("`{}` is no element type", name));
}

ExprOperand parse_operand(TextCursor& cursor, size_t count) {
  const int64_t value = cursor.integer();
  if (value < 0 or value >= static_cast<int64_t>(count)) cursor.fail_here(fmt::format("operand {} does not exist here", value));
  return static_cast<ExprOperand>(value);
}

void parse_parameters(TextCursor& cursor, ExprStep& step) {
  const uint8_t count = info_of(step.code).parameters;
  if (count == 0) return;
  cursor.expect("[");
  if (step.code == ExprCode::constant and not is_floating(step.dtype)) {
    step.integer = cursor.integer();
  } else {
    step.a = cursor.number();
    if (count == 2) {
      cursor.expect(",");
      step.b = cursor.number();
    }
  }
  cursor.expect("]");
}

ExprStep parse_step(TextCursor& cursor, size_t operands) {
  const std::string_view name = cursor.word();
  const std::optional<ExprCode> code = expr_code_from_name(name);
  if (not code) cursor.fail_here(fmt::format("`{}` is no pointwise code", name));
  ExprStep step;
  step.code = *code;
  cursor.expect(":");
  step.dtype = parse_dtype(cursor);
  parse_parameters(cursor, step);
  const uint8_t arity = info_of(*code).arity;
  for (size_t i = 0; i < arity; ++i) {
    cursor.expect(i == 0 ? "(" : ",");
    step.args[i] = parse_operand(cursor, operands);
  }
  if (arity > 0) cursor.expect(")");
  return step;
}

}  // namespace

std::string Expr::text() const {
  std::string out = "(";
  for (size_t i = 0; i < inputs.size(); ++i) out += (i == 0 ? "" : ",") + std::string(name_of(inputs[i]));
  out += ")";
  for (const ExprStep& one : steps) {
    out += fmt::format(" {}:{}", info_of(one.code).name, name_of(one.dtype));
    if (const std::string parameters = parameters_text(one); not parameters.empty()) out += "[" + parameters + "]";
    for (size_t i = 0; i < info_of(one.code).arity; ++i) out += fmt::format("{}{}", i == 0 ? "(" : ",", one.args[i]);
    if (info_of(one.code).arity > 0) out += ")";
  }
  out += " -> ";
  for (size_t i = 0; i < outputs.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(outputs[i]);
  return out;
}

Expr Expr::parse(std::string_view text) {
  TextCursor cursor(text);
  Expr out;
  cursor.expect("(");
  while (not cursor.accept(")")) {
    if (not out.inputs.empty()) cursor.expect(",");
    out.inputs.push_back(parse_dtype(cursor));
  }
  while (not cursor.accept("->")) {
    if (out.operand_count() >= 4096) cursor.fail_here("an expression has too many operands");
    out.steps.push_back(parse_step(cursor, out.operand_count()));
  }
  do out.outputs.push_back(parse_operand(cursor, out.operand_count()));
  while (cursor.accept(","));
  if (not cursor.at_end()) cursor.fail_here("an expression ends here");
  out.verify();
  return out;
}

}  // namespace burnish
