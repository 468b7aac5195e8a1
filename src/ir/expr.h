// A pointwise program: straight-line steps over scalars that all elements of a broadcast domain run alike.
// Pointwise nodes, epilogues and prologues are Exprs; they can be evaluated naively, run by the SIMD tile evaluator, turned into
// library post-ops, printed as device code, composed, and split. Input i of the Expr is operand i; step j is operand inputs + j.
// It never says how inputs broadcast: shapes do (NumPy's rules against the domain).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/dtype.h"
#include "burnish/tensor.h"

namespace burnish {

/// What one step computes. Names are those of the ONNX operators in snake case; a and b are the step's parameters.
enum class ExprCode : uint8_t {
  constant,  // a (floating types) or integer (others)
  cast,      // to the step's dtype
  add,
  sub,
  mul,
  div,
  mod,
  fmod,
  pow,
  min,
  max,
  neg,
  abs,
  sign,
  reciprocal,
  sqrt,
  exp,
  log,
  erf,
  floor,
  ceil,
  round,  // round: half to even
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  sigmoid,
  relu,
  softplus,
  softsign,
  mish,
  hard_swish,
  leaky_relu,  // a = slope
  elu,
  celu,              // a = alpha
  selu,              // a = alpha, b = gamma
  hard_sigmoid,      // max(0, min(1, a*x + b))
  thresholded_relu,  // x > a ? x : 0
  shrink,            // a = lambd, b = bias
  swish,             // x * sigmoid(a*x); a = 1 is SiLU
  gelu_erf,
  gelu_tanh,
  prelu,  // (x, slope)
  clip,   // (x, low, high)
  is_nan,
  is_inf,  // a: detect negative, b: detect positive
  equal,
  less,
  less_equal,
  greater,
  greater_equal,  // result boolean; operands share a type
  logical_and,
  logical_or,
  logical_xor,
  logical_not,
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  bitwise_not,
  shift_left,
  shift_right,
  where,            // (condition, x, y)
  round_half_away,  // away from zero on ties
  trunc,
};
inline constexpr size_t expr_code_count = static_cast<size_t>(ExprCode::trunc) + 1;

/// Facts about a code: its name in text, its number of arguments, its number of parameters, and whether the result is boolean.
struct ExprCodeInfo {
  std::string_view name;
  uint8_t arity;
  uint8_t parameters;
  bool boolean_result;
};
const ExprCodeInfo& info_of(ExprCode code);
std::optional<ExprCode> expr_code_from_name(std::string_view name);

using ExprOperand = uint16_t;

struct ExprStep {
  ExprCode code = ExprCode::constant;
  DType dtype = DType::f32;  // of the result; arithmetic is done in it (comparisons: in their operands' type)
  std::array<ExprOperand, 3> args{};
  double a = 0;
  double b = 0;
  int64_t integer = 0;
  bool operator==(const ExprStep&) const = default;
};

struct Expr {
  std::vector<DType> inputs;         // element type of each input
  std::vector<ExprStep> steps;       // each uses only operands before it
  std::vector<ExprOperand> outputs;  // at least one

  bool operator==(const Expr&) const = default;
  size_t operand_count() const { return inputs.size() + steps.size(); }
  bool is_input(ExprOperand operand) const { return operand < inputs.size(); }
  const ExprStep& step(ExprOperand operand) const { return steps.at(operand - inputs.size()); }
  DType dtype(ExprOperand operand) const { return is_input(operand) ? inputs[operand] : step(operand).dtype; }

  /// Builders: each appends one step and returns its operand.
  ExprOperand add_input(DType dtype);  // only before the first step
  ExprOperand add_step(ExprCode code, DType dtype, std::array<ExprOperand, 3> args, double a = 0, double b = 0);
  ExprOperand add_constant(DType dtype, double value);
  ExprOperand add_integer(DType dtype, int64_t value);

  /// An Expr of a single step over its inputs in order: what an ONNX pointwise operator is.
  static Expr single(ExprCode code, std::vector<DType> inputs, DType result, double a = 0, double b = 0);
  /// The step's code where the Expr is one step over all its inputs in order; nothing otherwise.
  std::optional<ExprCode> as_single() const;

  /// "(f32,f32) add:f32(0,1) relu:f32(2) -> 3"; parameters in brackets: "leaky_relu:f32[0.1](0)"; exact round trip.
  std::string text() const;
  static Expr parse(std::string_view text);
  /// Throws Error where an operand, type or arity is wrong.
  void verify() const;
};

/// `outer` with its input `input` replaced by the output `output` of `inner`. Inputs of the result: those of `inner`, then those of `outer`
/// without the replaced one. Outputs: those of `outer`; with `keep_inner`, the inner output is appended as one more.
Expr composed(const Expr& inner, size_t output, const Expr& outer, size_t input, bool keep_inner = false);

/// Equal steps merged, unused steps and (reported in `kept_inputs`) unused and repeated inputs removed. Semantics unchanged.
/// `same_as[i]`, where given, names an earlier input that carries the same value.
Expr simplified(const Expr& expr, const std::vector<size_t>& same_as, std::vector<size_t>& kept_inputs);

/// Naive evaluation with NumPy broadcasting of the inputs to `domain`: the oracle. Each output has dims `domain`.
/// Floating types compute in double and round once per step to the step's type; integers wrap.
std::vector<Tensor> evaluate(const Expr& expr, const std::vector<Tensor>& inputs, const Dims& domain);

}  // namespace burnish
