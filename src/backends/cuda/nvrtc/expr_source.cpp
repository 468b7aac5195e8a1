#include "backends/cuda/nvrtc/expr_source.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace burnish::cuda {
namespace {

std::string literal(const ExprStep& step) {
  if (not is_floating(step.dtype))
    return fmt::format("static_cast<{}>({}ll)", computed_type(step.dtype),
                       step.integer == INT64_MIN ? "-9223372036854775807ll - 1" : std::to_string(step.integer));
  if (std::isfinite(step.a)) return fmt::format("static_cast<{}>({:.17e})", computed_type(step.dtype), step.a);
  if (std::isnan(step.a)) return fmt::format("static_cast<{}>(__int_as_float(0x7fffffff))", computed_type(step.dtype));
  return fmt::format("static_cast<{}>({}infinity())", computed_type(step.dtype), step.a < 0 ? "-" : "");
}

std::string name_of_operand(const Expr& expr, ExprOperand operand) {
  return expr.is_input(operand) ? fmt::format("x{}", operand) : fmt::format("v{}", operand - expr.inputs.size());
}

std::string parameter(const ExprStep& step, const Expr& expr, double value) {
  const std::string type = step.code == ExprCode::is_inf ? computed_type(expr.dtype(step.args[0])) : computed_type(step.dtype);
  return fmt::format("static_cast<{}>({:.17e})", type, value);
}

/// The number that a step divides by in f32, where it is written in the program and so are its reciprocal's digits.
std::optional<float> known_divisor(const Expr& expr, const ExprStep& step) {
  if (step.code != ExprCode::div or step.dtype != DType::f32 or expr.is_input(step.args[1])) return {};
  const ExprStep& by = expr.step(step.args[1]);
  const auto divisor = static_cast<float>(by.a);
  constexpr float least = 1e-30F, most = 1e30F;  // neither it nor its reciprocal has few digits
  if (by.code != ExprCode::constant or not(std::abs(divisor) > least and std::abs(divisor) < most)) return {};
  return divisor;
}

/// Whether a value is a whole number, unless it is none at all: rounded, or a sum of such.
bool is_whole(const Expr& expr, ExprOperand operand) {
  if (expr.is_input(operand)) return false;
  const ExprStep& step = expr.step(operand);
  if (step.code == ExprCode::constant) return is_floating(step.dtype) and step.a == std::rint(step.a);
  if (step.code == ExprCode::add or step.code == ExprCode::sub) return is_whole(expr, step.args[0]) and is_whole(expr, step.args[1]);
  return step.code == ExprCode::round;
}

/// Whether a step makes a byte of a whole number that is known to fit: the end of every quantization.
bool makes_byte(const Expr& expr, const ExprStep& step) {
  if (step.code != ExprCode::cast or (step.dtype != DType::i8 and step.dtype != DType::u8) or expr.is_input(step.args[0])) return false;
  const ExprStep& clip = expr.step(step.args[0]);
  if (clip.code != ExprCode::clip or clip.dtype != DType::f32 or not is_whole(expr, clip.args[0])) return false;
  const double least = step.dtype == DType::i8 ? -128 : 0;
  const auto fits = [&](ExprOperand bound) {
    if (expr.is_input(bound) or not is_whole(expr, bound)) return false;
    const ExprStep& number = expr.step(bound);
    return number.code == ExprCode::constant and number.a >= least and number.a <= least + 255;
  };
  return fits(clip.args[1]) and fits(clip.args[2]);
}

std::string print_step(const Expr& expr, const ExprStep& step) {
  if (step.code == ExprCode::constant) return literal(step);
  if (makes_byte(expr, step)) return fmt::format("byte_of_whole<{}>({})", stored_type(step.dtype), name_of_operand(expr, step.args[0]));
  if (const auto divisor = known_divisor(expr, step))
    return fmt::format("op_div_by({}, {:.9e}f, {:.9e}f)", name_of_operand(expr, step.args[0]), *divisor, 1 / *divisor);
  const ExprCodeInfo& info = info_of(step.code);
  std::string arguments;
  const auto add = [&](const std::string& text) { arguments += (arguments.empty() ? "" : ", ") + text; };
  for (size_t i = 0; i < info.arity; ++i) add(name_of_operand(expr, step.args.at(i)));
  if (info.parameters > 0) add(parameter(step, expr, step.a));
  if (info.parameters > 1) add(parameter(step, expr, step.b));
  // Float8 is computed in float, but a cast must round: quantization means it.
  if (step.code == ExprCode::cast and step.dtype == DType::f8e4m3fn)
    return fmt::format("load_element(store_element<f8e4m3fn>({}))", arguments);
  const std::string to = step.code == ExprCode::cast ? fmt::format("<{}>", computed_type(step.dtype)) : "";
  return fmt::format("op_{}{}({})", info.name, to, arguments);
}

}  // namespace

std::string stored_type(DType type) {
  switch (type) {
    case DType::f32: return "float";
    case DType::f64: return "double";
    case DType::boolean: return "bool";
    case DType::f8e4m3fn:
    case DType::f16:
    case DType::bf16:
    case DType::i8:
    case DType::i16:
    case DType::i32:
    case DType::i64:
    case DType::u8:
    case DType::u16:
    case DType::u32:
    case DType::u64: return std::string(name_of(type));
    default: return {};
  }
}

std::string computed_type(DType type) {
  const bool narrow = type == DType::f16 or type == DType::bf16 or type == DType::f8e4m3fn;
  return narrow ? "float" : stored_type(type);
}

std::string unprintable(const Expr& expr) {
  for (size_t i = 0; i < expr.operand_count(); ++i)
    if (const DType type = expr.dtype(static_cast<ExprOperand>(i)); stored_type(type).empty())
      return fmt::format("device code has no type {}", name_of(type));
  return {};
}

std::string print_function(const Expr& expr, const std::string& name) {
  std::string text = fmt::format("__device__ inline void {}(", name);
  for (size_t i = 0; i < expr.inputs.size(); ++i) text += fmt::format("const {}& x{}, ", computed_type(expr.inputs[i]), i);
  for (size_t i = 0; i < expr.outputs.size(); ++i)
    text += fmt::format("{}{}& y{}", i == 0 ? "" : ", ", computed_type(expr.dtype(expr.outputs[i])), i);
  text += ") {\n";
  for (size_t i = 0; i < expr.steps.size(); ++i)
    text += fmt::format("  const {} v{} = {};\n", computed_type(expr.steps[i].dtype), i, print_step(expr, expr.steps[i]));
  for (size_t i = 0; i < expr.outputs.size(); ++i) text += fmt::format("  y{} = {};\n", i, name_of_operand(expr, expr.outputs[i]));
  return text + "}\n";
}

}  // namespace burnish::cuda
