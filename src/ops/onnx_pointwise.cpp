// Every ONNX elementwise operator as one row: its name, code, attributes and result type. Import makes a Pointwise of a single step.
// Those with a form of their own (Clip, Cast, Pow, Gelu, variadic ones, ...) follow below the table.
#include <algorithm>

#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise.h"
#include "ops/pointwise_import.h"
#include "ops/select.h"
#include "ops/string_equal.h"

namespace burnish::ops {
namespace {

struct Parameter {
  std::string_view attribute;
  double otherwise = 0;
  bool integral = false;
};

struct Row {
  std::string_view name;
  int64_t since;
  ExprCode code;
  std::array<Parameter, 2> parameters{};
};

using enum ExprCode;

constexpr Row rows[] = {
    {"Add", 1, add},
    {"Sub", 1, sub},
    {"Mul", 1, mul},
    {"Div", 1, div},
    {"PRelu", 7, prelu},
    {"Neg", 1, neg},
    {"Abs", 1, abs},
    {"Sign", 9, sign},
    {"Reciprocal", 1, reciprocal},
    {"Sqrt", 1, sqrt},
    {"Exp", 1, exp},
    {"Log", 1, log},
    {"Erf", 9, erf},
    {"Floor", 1, floor},
    {"Ceil", 1, ceil},
    {"Round", 11, round},
    {"Sin", 7, sin},
    {"Cos", 7, cos},
    {"Tan", 7, tan},
    {"Asin", 7, asin},
    {"Acos", 7, acos},
    {"Atan", 7, atan},
    {"Sinh", 9, sinh},
    {"Cosh", 9, cosh},
    {"Tanh", 1, tanh},
    {"Asinh", 9, asinh},
    {"Acosh", 9, acosh},
    {"Atanh", 9, atanh},
    {"Sigmoid", 1, sigmoid},
    {"Relu", 1, relu},
    {"Softplus", 1, softplus},
    {"Softsign", 1, softsign},
    {"Mish", 18, mish},
    {"HardSwish", 14, hard_swish},
    {"LeakyRelu", 1, leaky_relu, {{{"alpha", 0.01}}}},
    {"Elu", 1, elu, {{{"alpha", 1}}}},
    {"Celu", 12, celu, {{{"alpha", 1}}}},
    {"Selu", 1, selu, {{{"alpha", 1.6732}, {"gamma", 1.0507}}}},
    {"Selu", 6, selu, {{{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}}}},
    {"HardSigmoid", 1, hard_sigmoid, {{{"alpha", 0.2}, {"beta", 0.5}}}},
    {"ThresholdedRelu", 1, thresholded_relu, {{{"alpha", 1}}}},
    {"Shrink", 9, shrink, {{{"lambd", 0.5}, {"bias", 0}}}},
    {"Swish", 24, swish, {{{"alpha", 1}}}},
    {"IsNaN", 9, is_nan},
    {"IsInf", 10, is_inf, {{{"detect_negative", 1, true}, {"detect_positive", 1, true}}}},
    {"Less", 1, less},
    {"LessOrEqual", 12, less_equal},
    {"Greater", 1, greater},
    {"GreaterOrEqual", 12, greater_equal},
    {"And", 1, logical_and},
    {"Or", 1, logical_or},
    {"Xor", 1, logical_xor},
    {"Not", 1, logical_not},
    {"BitwiseAnd", 18, bitwise_and},
    {"BitwiseOr", 18, bitwise_or},
    {"BitwiseXor", 18, bitwise_xor},
    {"BitwiseNot", 18, bitwise_not},
};

double parameter(const ImportContext& context, const Parameter& wanted) {
  if (wanted.attribute.empty()) return 0;
  return wanted.integral ? static_cast<double>(context.int_or(wanted.attribute, static_cast<int64_t>(wanted.otherwise)))
                         : context.float_or(wanted.attribute, wanted.otherwise);
}

void import_row(const Row& row, ImportContext& context) {
  const size_t arity = info_of(row.code).arity;
  std::vector<ValueId> inputs = required_inputs(context, arity, arity);
  if (arity == 2) inputs = with_old_broadcast(context, std::move(inputs));
  context.set_output(
      0, add_pointwise(context, row.code, std::move(inputs), parameter(context, row.parameters[0]), parameter(context, row.parameters[1])));
}

/// Min, Max, Sum: a chain; of one input, that input.
ValueId chained(ImportContext& context, ExprCode code) {
  const std::vector<ValueId> inputs = required_inputs(context, 1, SIZE_MAX);
  ValueId result = inputs.front();
  for (size_t i = 1; i < inputs.size(); ++i) result = add_pointwise(context, code, {result, inputs[i]});
  return result;
}

void import_min(ImportContext& context) { context.set_output(0, chained(context, min)); }
void import_max(ImportContext& context) { context.set_output(0, chained(context, max)); }
void import_sum(ImportContext& context) { context.set_output(0, chained(context, add)); }

void import_mean(ImportContext& context) {
  const ValueId sum = chained(context, add);
  const auto count = static_cast<double>(context.input_count());
  context.set_output(0, count == 1 ? sum : add_pointwise(context, div, {sum, context.constant(scalar(context.type(sum).dtype, count))}));
}

void import_mod(ImportContext& context) {
  context.set_output(0, add_pointwise(context, context.flag_or("fmod", false) ? fmod : mod, required_inputs(context, 2, 2)));
}

void import_bit_shift(ImportContext& context) {
  const std::string direction = context.require_string("direction");
  if (direction != "LEFT" and direction != "RIGHT") fail("direction is `{}`; it must be LEFT or RIGHT", direction);
  context.set_output(0, add_pointwise(context, direction == "LEFT" ? shift_left : shift_right, required_inputs(context, 2, 2)));
}

/// The exponent may be of another type than the base, whose type is the result's.
void import_pow(ImportContext& context) {
  std::vector<ValueId> inputs = with_old_broadcast(context, required_inputs(context, 2, 2));
  const DType base = context.type(inputs[0]).dtype;
  const DType exponent = context.type(inputs[1]).dtype;
  const DType common = not is_floating(base) and is_floating(exponent) ? exponent : base;
  const ValueId power = add_pointwise(context, pow, {cast_to(context, inputs[0], common), cast_to(context, inputs[1], common)});
  context.set_output(0, cast_to(context, power, base));
}

/// Before opset 7 the slope is one number, or one for each channel.
void import_old_prelu(ImportContext& context) {
  std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  const size_t rank = context.type(inputs[0]).shape.rank();
  const Shape& slope = context.type(inputs[1]).shape;
  if (slope.rank() == 1 and slope[0] != Dim(1) and rank > 2) inputs[1] = with_trailing_axes(context, inputs[1], rank - 2);
  context.set_output(0, add_pointwise(context, prelu, std::move(inputs)));
}

ValueId clipped(ImportContext& context, ValueId x, ValueId low, ValueId high) {
  if (low.valid() and high.valid()) return add_pointwise(context, clip, {x, low, high});
  if (low.valid()) return add_pointwise(context, max, {x, low});
  if (high.valid()) return add_pointwise(context, min, {x, high});
  return x;
}

void import_clip(ImportContext& context) {
  const auto optional = [&](size_t index) { return context.has_input(index) ? context.input(index) : ValueId{}; };
  context.set_output(0, clipped(context, required_inputs(context, 1, 3).front(), optional(1), optional(2)));
}

void import_old_clip(ImportContext& context) {
  const ValueId x = required_inputs(context, 1, 1).front();
  const auto bound = [&](std::string_view name) {
    const auto value = context.find_float(name);
    return value ? context.constant(scalar(context.type(x).dtype, *value)) : ValueId{};
  };
  context.set_output(0, clipped(context, x, bound("min"), bound("max")));
}

void import_gelu(ImportContext& context) {
  const std::string approximate = context.string_or("approximate", "none");
  if (approximate != "none" and approximate != "tanh") fail("approximate is `{}`; it must be none or tanh", approximate);
  context.set_output(0, add_pointwise(context, approximate == "tanh" ? gelu_tanh : gelu_erf, required_inputs(context, 1, 1)));
}

void import_where(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 3, 3);
  if (context.type(inputs[0]).dtype != DType::boolean)
    fail("the condition is {}; it must be boolean", name_of(context.type(inputs[0]).dtype));
  const DType dtype = context.type(inputs[1]).dtype;
  if (dtype == DType::string or is_complex(dtype)) return context.set_output(0, context.add(Select{}, inputs));
  context.set_output(0, add_pointwise(context, where, inputs));
}

void import_equal(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  if (context.type(inputs[0]).dtype == DType::string) return context.set_output(0, context.add(StringEqual{}, inputs));
  context.set_output(0, add_pointwise(context, equal, with_old_broadcast(context, inputs)));
}

/// Opset 1 names the type ("FLOAT").
DType named_type(const std::string& name) {
  static constexpr std::pair<std::string_view, DType> names[] = {{"FLOAT", DType::f32},  {"DOUBLE", DType::f64}, {"FLOAT16", DType::f16},
                                                                 {"INT8", DType::i8},    {"INT16", DType::i16},  {"INT32", DType::i32},
                                                                 {"INT64", DType::i64},  {"UINT8", DType::u8},   {"UINT16", DType::u16},
                                                                 {"UINT32", DType::u32}, {"UINT64", DType::u64}, {"BOOL", DType::boolean}};
  const auto* found = std::ranges::find(names, name, &std::pair<std::string_view, DType>::first);
  if (found == std::end(names)) fail("`{}` is no element type", name);
  return found->second;
}

void import_old_cast(ImportContext& context) {
  context.set_output(0, cast_to(context, required_inputs(context, 1, 1).front(), named_type(context.require_string("to"))));
}

void import_cast(ImportContext& context) {
  const auto to = context.find_dtype("to");
  if (not to) fail("the attribute `to` is missing, but the operator needs it");
  context.set_output(0, import_cast_to(context, required_inputs(context, 1, 1).front(), *to));
}

void import_cast_like(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  context.set_output(0, import_cast_to(context, inputs[0], context.type(inputs[1]).dtype));
}

}  // namespace

void register_onnx_pointwise(Registry& registry) {
  for (const Row& row : rows) registry.add_import(row.name, row.since, [&row](ImportContext& context) { import_row(row, context); });
  registry.add_import("Min", 1, import_min);
  registry.add_import("Max", 1, import_max);
  registry.add_import("Sum", 1, import_sum);
  registry.add_import("Mean", 1, import_mean);
  registry.add_import("Mod", 10, import_mod);
  registry.add_import("BitShift", 11, import_bit_shift);
  registry.add_import("Pow", 1, import_pow);
  registry.add_import("PRelu", 1, import_old_prelu);
  registry.add_import("Clip", 1, import_old_clip);
  registry.add_import("Clip", 11, import_clip);
  registry.add_import("Gelu", 20, import_gelu);
  registry.add_import("Gelu", 1, import_gelu, "com.microsoft");
  registry.add_import("Where", 9, import_where);
  registry.add_import("Equal", 1, import_equal);
  registry.add_import("Cast", 1, import_old_cast);
  registry.add_import("Cast", 6, import_cast);
  registry.add_import("CastLike", 15, import_cast_like);
}

}  // namespace burnish::ops
