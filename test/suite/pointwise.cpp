// Pointwise: every code over floats, the common ones over other types, all ways to broadcast, scalars, long and odd rows, chains.
#include "ops/pointwise.h"

#include "suite/suite.h"

namespace burnish::suite {
namespace {

/// Bounds in which a code is defined and its slope is moderate.
Input operand(ExprCode code, DType type, Shape shape) {
  using enum ExprCode;
  const Input data = input(type, std::move(shape));
  switch (code) {
    case sqrt:
    case log:
    case reciprocal: return data.between(0.5, 2);
    case asin:
    case acos:
    case atanh: return data.between(-0.75, 0.75);
    case acosh: return data.between(1.125, 4);
    case tan: return data.between(-1, 1);
    default: return data;
  }
}

bool takes_one_number(ExprCode code) {
  using enum ExprCode;
  const ExprCodeInfo& info = info_of(code);
  return info.arity == 1 and not info.boolean_result and code != cast and code != logical_not and code != bitwise_not;
}

std::pair<double, double> parameters(ExprCode code) {
  using enum ExprCode;
  switch (code) {
    case selu: return {1.5, 2};
    case hard_sigmoid: return {0.2, 0.5};
    case shrink: return {0.5, 0.25};
    case thresholded_relu: return {1, 0};
    case elu:
    case celu: return {0.75, 0};
    case swish: return {1, 0};
    default: return {0.125, 0};
  }
}

}  // namespace

BURNISH_CASES(pointwise) {
  using enum ExprCode;
  for (size_t i = 0; i < expr_code_count; ++i) {
    const auto code = static_cast<ExprCode>(i);
    if (not takes_one_number(code)) continue;
    const auto [a, b] = parameters(code);
    // Gelu is x/2 + x/2 * erf: two terms of at most 1 for these operands, which cancel below 0.
    const int64_t terms = code == gelu_erf or code == gelu_tanh ? 2 : 1;
    cases.add(ops::pointwise(code, {f32}, f32, a, b), {operand(code, f32, {3, 37})}).sums(terms, 1);
    cases.add(ops::pointwise(code, {f64}, f64, a, b), {operand(code, f64, {5})}).sums(terms, 1);
  }
  for (const ExprCode code : {add, sub, mul, max, min}) {
    for (const DType type : {f32, f16, bf16, f64, i32, i64, i8, u8})
      cases.add(ops::pointwise(code, {type, type}, type), {input(type, {4, 19}), input(type, {4, 19})});
    for (const auto& [left, right] : {std::pair{Shape{2, 3, 17}, Shape{17}},
                                      {Shape{2, 3, 17}, Shape{3, 1}},
                                      {Shape{}, Shape{2, 33}},
                                      {Shape{2, 1, 5}, Shape{1, 4, 1}},
                                      {Shape{2, 16, 5, 5}, Shape{1, 16, 1, 1}},
                                      {Shape{2, 16, 5, 5}, Shape{2, 1, 5, 5}},
                                      {Shape{1}, Shape{1, 1, 1}},
                                      {Shape{0, 3}, Shape{1, 3}}})
      cases.add(ops::pointwise(code, {f32, f32}, f32), {input(f32, left), input(f32, right)});
    cases.add(ops::pointwise(code, {f32, f32}, f32), {input(f32, {2, 16, 6, 6}), weights(f32, {16, 1, 1})}).named("per channel");
    cases.add(ops::pointwise(code, {f32, f32}, f32), {input(f32, {2, 3}), input(f32, {2, 4})}).fails("");
  }
  cases.add(ops::pointwise(div, {f32, f32}, f32), {input(f32, {3, 9}), input(f32, {9}).between(0.5, 2)});
  cases.add(ops::pointwise(pow, {f32, f32}, f32), {input(f32, {3, 9}).between(0.5, 2), input(f32, {9})});
  cases.add(ops::pointwise(prelu, {f32, f32}, f32), {input(f32, {2, 8, 5}), weights(f32, {8, 1})});
  cases.add(ops::pointwise(clip, {f32, f32, f32}, f32),
            {input(f32, {40}), burnish::suite::constant<float>({}, {-1}), burnish::suite::constant<float>({}, {1})});
  for (const ExprCode code : {equal, less, less_equal, greater, greater_equal})
    for (const DType type : {f32, i32, i64})
      cases.add(ops::pointwise(code, {type, type}, boolean), {input(type, {5, 7}), input(type, {7})});
  for (const ExprCode code : {logical_and, logical_or, logical_xor})
    cases.add(ops::pointwise(code, {boolean, boolean}, boolean), {input(boolean, {9}), input(boolean, {9})});
  for (const ExprCode code : {bitwise_and, bitwise_or, bitwise_xor})
    cases.add(ops::pointwise(code, {i32, i32}, i32), {input(i32, {9}), input(i32, {9})});
  for (const DType type : {f32, i64, f16})
    cases.add(ops::pointwise(where, {boolean, type, type}, type), {input(boolean, {3, 1}), input(type, {3, 4}), input(type, {4})});
  for (const DType from : {f32, f16, i32, i64, u8, boolean})
    for (const DType to : {f32, f16, bf16, i8, i64, boolean})
      cases.add(ops::pointwise(cast, {from}, to), {input(from, {3, 21}).between(0, 2)});
  for (const int64_t length : {1, 2, 15, 16, 17, 1023, 4096}) cases.add(ops::pointwise(sigmoid, {f32}, f32), {input(f32, {length})});

  Expr chain;
  const ExprOperand x = chain.add_input(f32);
  const ExprOperand y = chain.add_input(f32);
  const ExprOperand scaled = chain.add_step(mul, f32, {x, y, 0});
  const ExprOperand moved = chain.add_step(add, f32, {scaled, chain.add_constant(f32, 0.5), 0});
  chain.outputs = {chain.add_step(mul, f32, {moved, chain.add_step(sigmoid, f32, {moved, 0, 0}), 0})};
  cases.add(ops::Pointwise{chain}, {input(f32, {2, 5, 33}), input(f32, {5, 1})}).named("a chain of steps");
  chain.outputs.push_back(scaled);
  cases.add(ops::Pointwise{chain}, {input(f32, {2, 5, 33}), input(f32, {5, 1})}).with_outputs(2).named("two results");
}

}  // namespace burnish::suite
