#include "backends/cuda/nvrtc/expr_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

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

/// A byte made of a number that is rounded, shifted by a zero point and clipped: the number, and the least and largest it can be before that.
struct Quantization {
  ExprOperand number = 0;
  double low = 0, high = 0;
  int zero = 0;
};

std::optional<Quantization> quantization(const Expr& expr, ExprOperand byte) {
  if (expr.is_input(byte) or not makes_byte(expr, expr.step(byte))) return {};
  const ExprStep& clip = expr.step(expr.step(byte).args[0]);
  Quantization found{.low = expr.step(clip.args[1]).a, .high = expr.step(clip.args[2]).a};
  const ExprStep* rounds = &expr.step(clip.args[0]);
  if (rounds->code == ExprCode::add) {
    const ExprStep& zero = expr.step(rounds->args[1]);
    constexpr double largest = 255;
    if (zero.code != ExprCode::constant or std::abs(zero.a) > largest) return {};
    found.zero = static_cast<int>(zero.a);
    rounds = &expr.step(rounds->args[0]);
  }
  if (rounds->code != ExprCode::round) return {};
  found.number = rounds->args[0];
  found.low -= found.zero;
  found.high -= found.zero;
  return found;
}

/// The rounded number as expr.cuh's functions take it. A division and a Relu before it are part of that.
std::string rounded(const Expr& expr, const Quantization& quantized, Quotients quotients) {
  const auto step_of = [&](ExprOperand operand) { return expr.is_input(operand) ? nullptr : &expr.step(operand); };
  ExprOperand number = quantized.number;
  float low = static_cast<float>(quantized.low), high = static_cast<float>(quantized.high);
  std::optional<float> divisor;
  if (const ExprStep* step = step_of(number)) divisor = known_divisor(expr, *step);
  if (divisor.value_or(0) < 0) divisor.reset();
  if (divisor) {
    number = expr.step(number).args[0];
    low *= *divisor;
    high *= *divisor;
  }
  if (const ExprStep* step = step_of(number); step != nullptr and step->code == ExprCode::relu and high >= 0) {
    number = step->args[0];
    low = std::max(low, 0.0F);
  }
  const std::string clipped = fmt::format("{}, {:.9e}f, {:.9e}f", name_of_operand(expr, number), low, high);
  if (not divisor) return fmt::format("rounded({})", clipped);
  if (quotients == Quotients::exact) return fmt::format("rounded_quotient({}, {:.9e}f, {:.9e}f)", clipped, *divisor, 1 / *divisor);
  return fmt::format("rounded_product({}, {:.9e}f)", clipped, 1 / *divisor);
}

std::string print_step(const Expr& expr, ExprOperand operand, Quotients quotients) {
  const ExprStep& step = expr.step(operand);
  if (step.code == ExprCode::constant) return literal(step);
  if (const auto quantized = quantization(expr, operand))
    return fmt::format("byte_of_rounded<{}>({}, {})", stored_type(step.dtype), rounded(expr, *quantized, quotients), quantized->zero);
  if (step.code == ExprCode::cast and step.dtype == DType::f32)
    if (const auto quantized = quantization(expr, step.args[0]))
      return fmt::format("float_of_rounded({}, {}.0f)", rounded(expr, *quantized, quotients), quantized->zero);
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

bool is_read_as_float(const Expr& expr, ExprOperand input) {
  if (expr.inputs[input] != DType::i8 and expr.inputs[input] != DType::u8) return false;
  if (std::ranges::find(expr.outputs, input) != expr.outputs.end()) return false;
  return std::ranges::all_of(expr.steps, [&](const ExprStep& step) {
    const auto arguments = std::span(step.args).first(info_of(step.code).arity);
    return std::ranges::find(arguments, input) == arguments.end() or (step.code == ExprCode::cast and step.dtype == DType::f32);
  });
}

bool is_rounded_byte(const Expr& expr, ExprOperand value) { return quantization(expr, value).has_value(); }

std::string print_function(const Expr& expr, const std::string& name, const FunctionStyle& style) {
  const auto type_of = [&](size_t input) {
    return input < style.as_floats.size() and style.as_floats[input] ? "float" : computed_type(expr.inputs[input]);
  };
  const auto as_word = [&](size_t output) { return output < style.as_words.size() and style.as_words[output]; };
  std::string text = fmt::format("__device__ inline void {}(", name);
  for (size_t i = 0; i < expr.inputs.size(); ++i) text += fmt::format("const {}& x{}, ", type_of(i), i);
  for (size_t i = 0; i < expr.outputs.size(); ++i)
    text += fmt::format("{}{}& y{}", i == 0 ? "" : ", ", as_word(i) ? "u32" : computed_type(expr.dtype(expr.outputs[i])), i);
  text += ") {\n";
  for (size_t i = 0; i < expr.steps.size(); ++i)
    text += fmt::format("  const {} v{} = {};\n", computed_type(expr.steps[i].dtype), i,
                        print_step(expr, static_cast<ExprOperand>(expr.inputs.size() + i), style.quotients));
  for (size_t i = 0; i < expr.outputs.size(); ++i) {
    const auto quantized = as_word(i) ? quantization(expr, expr.outputs[i]) : std::nullopt;
    text += quantized ? fmt::format("  y{} = word_of_rounded({}, {});\n", i, rounded(expr, *quantized, style.quotients), quantized->zero)
                      : fmt::format("  y{} = {};\n", i, name_of_operand(expr, expr.outputs[i]));
  }
  return text + "}\n";
}

}  // namespace burnish::cuda
