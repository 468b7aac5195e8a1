// One operand of the Expr after the other, each a vector of Dims or unknown. Booleans are the numbers 0 and 1.
#include "ops/pointwise_values.h"

#include <algorithm>

#include "ops/inference.h"

namespace burnish::ops {
namespace {

using Known = std::optional<Dim>;

constexpr size_t most_values = 64;

bool carries_values(DType dtype) { return dtype == DType::i64 or dtype == DType::i32 or dtype == DType::boolean; }

/// Numbers of the operand's type, which wrapping arithmetic would have to keep in range.
bool in_range(DType dtype, int64_t value) {
  return dtype == DType::i64 or (dtype == DType::i32 and value >= INT32_MIN and value <= INT32_MAX) or
         (dtype == DType::boolean and (value == 0 or value == 1));
}

template <class Checked>
Known computed(DType dtype, const Dim& x, const Dim& y, const Checked& checked) {
  int64_t result = 0;
  if (checked(x.value(), y.value(), &result) or not in_range(dtype, result)) return {};
  return Dim(result);
}

Known quotient(DType dtype, const Dim& x, const Dim& y) {
  if (y.is_constant() and y.value() == 0) return {};
  if (x.is_constant() and y.is_constant()) return y.value() == -1 ? Known{} : Known(Dim(x.value() / y.value()));
  const bool positive = y.is_constant() and y.value() > 0 and never_negative(x);
  return positive and dtype == DType::i64 ? Known(floor_div(x, y)) : Known{};
}

/// The remainder has the divisor's sign, as in Python.
Known remainder(DType dtype, const Dim& x, const Dim& y) {
  if (not y.is_constant() or y.value() == 0 or y.value() == -1) return {};
  if (x.is_constant()) {
    const int64_t rest = x.value() % y.value();
    return Dim(rest != 0 and (rest < 0) != (y.value() < 0) ? rest + y.value() : rest);
  }
  if (y.value() < 0 or dtype != DType::i64 or not never_negative(x)) return {};
  return x - floor_div(x, y) * y;
}

Known arithmetic(ExprCode code, DType dtype, const Dim& x, const Dim& y) {
  const bool numbers = x.is_constant() and y.is_constant();
  switch (code) {
    case ExprCode::add:
      return numbers ? computed(dtype, x, y, [](int64_t a, int64_t b, int64_t* sum) { return __builtin_add_overflow(a, b, sum); })
                     : Known(x + y);
    case ExprCode::sub:
      return numbers ? computed(dtype, x, y, [](int64_t a, int64_t b, int64_t* sum) { return __builtin_sub_overflow(a, b, sum); })
                     : Known(x - y);
    case ExprCode::mul:
      return numbers ? computed(dtype, x, y, [](int64_t a, int64_t b, int64_t* sum) { return __builtin_mul_overflow(a, b, sum); })
                     : Known(x * y);
    case ExprCode::div: return quotient(dtype, x, y);
    case ExprCode::mod: return remainder(dtype, x, y);
    case ExprCode::min: return min(x, y);
    case ExprCode::max: return max(x, y);
    default: return {};
  }
}

/// Equal expressions are equal whatever the symbols are; unequal ones may still be equal, unless one is negative and the other cannot be.
Known equality(const Dim& x, const Dim& y) {
  if (x == y) return Dim(1);
  if (x.is_constant() and y.is_constant()) return Dim(0);
  const bool x_negative = x.is_constant() and x.value() < 0;
  const bool y_negative = y.is_constant() and y.value() < 0;
  if ((x_negative and never_negative(y)) or (y_negative and never_negative(x))) return Dim(0);
  return {};
}

Known comparison(ExprCode code, const Dim& x, const Dim& y) {
  if (code == ExprCode::equal) return equality(x, y);
  if (not x.is_constant() or not y.is_constant()) return {};
  const int64_t a = x.value();
  const int64_t b = y.value();
  switch (code) {
    case ExprCode::less: return Dim(a < b ? 1 : 0);
    case ExprCode::less_equal: return Dim(a <= b ? 1 : 0);
    case ExprCode::greater: return Dim(a > b ? 1 : 0);
    case ExprCode::greater_equal: return Dim(a >= b ? 1 : 0);
    default: return {};
  }
}

Known logic(ExprCode code, const Dim& x, const Dim& y) {
  if (not x.is_constant() or not y.is_constant()) return {};
  const bool a = x.value() != 0;
  const bool b = y.value() != 0;
  switch (code) {
    case ExprCode::logical_and: return Dim(a and b ? 1 : 0);
    case ExprCode::logical_or: return Dim(a or b ? 1 : 0);
    case ExprCode::logical_xor: return Dim(a != b ? 1 : 0);
    default: return {};
  }
}

Known value_of(const ExprStep& step, const std::array<Known, 3>& args) {
  const auto& [x, y, z] = args;
  switch (step.code) {
    case ExprCode::constant: return Dim(step.integer);
    case ExprCode::where: return not x or not x->is_constant() ? Known{} : x->value() != 0 ? y : z;
    default: break;
  }
  if (not x) return {};
  switch (step.code) {
    case ExprCode::cast: return not x->is_constant() or in_range(step.dtype, x->value()) ? x : Known{};
    case ExprCode::neg: return x->is_constant() and x->value() == INT64_MIN ? Known{} : Known(Dim(0) - *x);
    case ExprCode::abs:
    case ExprCode::relu: return never_negative(*x) ? x : Known{};
    case ExprCode::logical_not: return x->is_constant() ? Known(Dim(x->value() == 0 ? 1 : 0)) : Known{};
    default: break;
  }
  if (not y) return {};
  if (const Known result = comparison(step.code, *x, *y)) return result;
  if (const Known result = logic(step.code, *x, *y)) return result;
  return arithmetic(step.code, step.dtype, *x, *y);
}

/// Element `index` of an operand of one or `count` elements.
Known element(const std::vector<Known>& values, size_t index) {
  if (values.empty()) return {};
  return values.size() == 1 ? values.front() : values[index];
}

std::vector<Known> input_values(const InferContext& context, size_t index, size_t count) {
  if (not carries_values(context.dtype(index)) or context.shape(index).rank() > 1) return {};
  const auto values = context.values(index);
  if (not values or (values->size() != 1 and values->size() != count)) return {};
  return {values->begin(), values->end()};
}

std::vector<Known> step_values(const ExprStep& step, const std::vector<std::vector<Known>>& operands, size_t count) {
  const size_t arity = info_of(step.code).arity;
  std::vector<Known> values(count);
  for (size_t i = 0; i < count; ++i) {
    std::array<Known, 3> args;
    for (size_t arg = 0; arg < arity; ++arg) args[arg] = element(operands[step.args[arg]], i);
    if (carries_values(step.dtype)) values[i] = value_of(step, args);
  }
  return values;
}

}  // namespace

void propagate_pointwise(const Expr& expr, const Shape& shape, InferContext& context) {
  if (shape.rank() > 1 or not shape.is_static()) return;
  const auto count = static_cast<size_t>(shape.size().value());
  const auto worth = [&](ExprOperand output) { return carries_values(expr.dtype(output)); };
  if (count > most_values or std::ranges::none_of(expr.outputs, worth)) return;
  std::vector<std::vector<Known>> operands;
  for (size_t i = 0; i < expr.inputs.size(); ++i) operands.push_back(input_values(context, i, count));
  for (const ExprStep& step : expr.steps) operands.push_back(step_values(step, operands, count));
  for (size_t i = 0; i < expr.outputs.size(); ++i) {
    DimValues values;
    for (size_t j = 0; j < count; ++j)
      if (const Known one = element(operands[expr.outputs[i]], j)) values.push_back(*one);
    if (values.size() == count and worth(expr.outputs[i])) context.set_values(i, std::move(values));
  }
}

}  // namespace burnish::ops
