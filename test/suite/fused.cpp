// Fused: anchors with pointwise epilogues: bias, activations, residual sums, gates, several results, per-channel and per-element operands.
#include "ops/fused.h"

#include <functional>

#include "ops/attention.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "suite/suite.h"

namespace burnish::suite {
namespace {

Expr epilogue_of(size_t extras, const std::function<ExprOperand(Expr&)>& make) {
  Expr expr;
  for (size_t i = 0; i <= extras; ++i) expr.add_input(f32);
  expr.outputs = {make(expr)};
  return expr;
}

struct Epilogue {
  std::string name;
  size_t extras;
  Expr expr;
};

std::vector<Epilogue> epilogues() {
  using enum ExprCode;
  const auto unary = [](ExprCode code, double a = 0, double b = 0) {
    return epilogue_of(0, [=](Expr& e) { return e.add_step(code, f32, {0, 0, 0}, a, b); });
  };
  const auto after_bias = [](ExprCode code) {
    return epilogue_of(1, [=](Expr& e) { return e.add_step(code, f32, {e.add_step(add, f32, {0, 1, 0}), 0, 0}, 1); });
  };
  return {
      {"relu", 0, unary(relu)},
      {"leaky relu", 0, unary(leaky_relu, 0.125)},
      {"sigmoid", 0, unary(sigmoid)},
      {"hard swish", 0, unary(hard_swish)},
      {"gelu", 0, unary(gelu_erf)},
      {"tanh", 0, unary(tanh)},
      {"bias", 1, epilogue_of(1, [](Expr& e) { return e.add_step(add, f32, {0, 1, 0}); })},
      {"scale", 1, epilogue_of(1, [](Expr& e) { return e.add_step(mul, f32, {0, 1, 0}); })},
      {"bias, relu", 1, after_bias(relu)},
      {"bias, silu", 1, after_bias(swish)},
      {"bias, mish", 1, after_bias(mish)},
      {"x * sigmoid(x)", 0, epilogue_of(0, [](Expr& e) { return e.add_step(mul, f32, {0, e.add_step(sigmoid, f32, {0, 0, 0}), 0}); })},
      {"clip to 6", 0,
       epilogue_of(0,
                   [](Expr& e) {
                     const ExprOperand low = e.add_constant(f32, 0);
                     return e.add_step(clip, f32, {0, low, e.add_constant(f32, 6)});
                   })},
      {"subtracted from", 1, epilogue_of(1, [](Expr& e) { return e.add_step(sub, f32, {1, 0, 0}); })},
      {"a half, bias", 1,
       epilogue_of(1,
                   [](Expr& e) {
                     const ExprOperand half = e.add_constant(f32, 0.5);
                     return e.add_step(add, f32, {e.add_step(mul, f32, {0, half, 0}), 1, 0});
                   })},
      {"bias, gelu by tanh", 1, after_bias(gelu_tanh)},
      {"relu, residual", 2,
       epilogue_of(2,
                   [](Expr& e) {
                     const ExprOperand biased = e.add_step(add, f32, {0, 1, 0});
                     return e.add_step(add, f32, {e.add_step(relu, f32, {biased, 0, 0}), 2, 0});
                   })},
      {"bias, residual, relu", 2,
       epilogue_of(2,
                   [](Expr& e) {
                     const ExprOperand biased = e.add_step(add, f32, {0, 1, 0});
                     return e.add_step(relu, f32, {e.add_step(add, f32, {biased, 2, 0}), 0, 0});
                   })},
  };
}

/// The anchor with every epilogue, whose first operand is per channel and whose second is as large as the result.
void add_all(Cases& cases, const Op& anchor, const std::vector<Input>& inputs, const Shape& channel, const Shape& result, int64_t terms) {
  for (const Epilogue& one : epilogues()) {
    std::vector<Input> all = inputs;
    if (one.extras > 0) all.push_back(weights(f32, channel));
    if (one.extras > 1) all.push_back(input(f32, result));
    cases.add(ops::Fused{anchor, static_cast<int64_t>(inputs.size()), one.expr}, all).named(one.name).sums(terms);
  }
  Expr both = epilogue_of(1, [](Expr& e) { return e.add_step(ExprCode::add, f32, {0, 1, 0}); });
  both.outputs.push_back(0);
  std::vector<Input> all = inputs;
  all.push_back(input(f32, result));
  cases.add(ops::Fused{anchor, static_cast<int64_t>(inputs.size()), both}, all)
      .with_outputs(2)
      .named("the sum, and the anchor's own result")
      .sums(terms);
}

}  // namespace

BURNISH_CASES(fused) {
  ops::Conv same;
  same.pads = {1, 1, 1, 1};
  add_all(cases, same, {input(f32, {2, 5, 9, 7}), weights(f32, {17, 5, 3, 3})}, {17, 1, 1}, {2, 17, 9, 7}, 45);
  add_all(cases, same, {input(f32, {1, 16, 6, 6}), weights(f32, {32, 16, 3, 3}), weights(f32, {32})}, {1, 32, 1, 1}, {1, 32, 6, 6}, 144);
  ops::Conv depthwise = same;
  depthwise.group = 16;
  add_all(cases, depthwise, {input(f32, {1, 16, 8, 8}), weights(f32, {16, 1, 3, 3})}, {16, 1, 1}, {1, 16, 8, 8}, 9);
  add_all(cases, ops::MatMul{}, {input(f32, {9, 33}), weights(f32, {33, 20})}, {20}, {9, 20}, 33);
  add_all(cases, ops::MatMul{.transpose_b = true}, {input(f32, {2, 3, 16}), weights(f32, {40, 16})}, {40}, {2, 3, 40}, 16);
  add_all(cases, ops::MatMul{}, {input(f32, {2, 5, 8}), input(f32, {2, 8, 6})}, {6}, {2, 5, 6}, 8);
  // Operands along rows and batches, sizes that vectors divide, and a right matrix shared by some batches.
  add_all(cases, ops::MatMul{}, {input(f32, {2, 24, 64}), weights(f32, {64, 48})}, {24, 1}, {2, 24, 48}, 64);
  add_all(cases, ops::MatMul{}, {input(f32, {3, 16, 32}), input(f32, {32, 40})}, {3, 1, 40}, {3, 16, 40}, 32);
  add_all(cases, ops::MatMul{}, {input(f32, {2, 1, 8, 16}), input(f32, {3, 16, 24})}, {3, 1, 1}, {2, 3, 8, 24}, 16);
  add_all(cases, ops::Conv{}, {input(f32, {2, 24, 5, 7}), weights(f32, {40, 24, 1, 1}), weights(f32, {40})}, {40, 1, 1}, {2, 40, 5, 7}, 24);
  const ops::Conv signals{.strides = {}, .pads = {1, 1}, .dilations = {}, .group = 24};
  add_all(cases, signals, {input(f32, {2, 24, 17}), weights(f32, {24, 1, 3}), weights(f32, {24})}, {24, 1}, {2, 24, 17}, 3);
  ops::Conv grouped = same;
  grouped.group = 4;
  add_all(cases, grouped, {input(f32, {2, 16, 9, 7}), weights(f32, {24, 4, 3, 3})}, {24, 1, 1}, {2, 24, 9, 7}, 36);
  ops::Conv line;
  line.pads = {1, 1};
  add_all(cases, line, {input(f32, {2, 8, 33}), weights(f32, {16, 8, 3})}, {16, 1}, {2, 16, 33}, 24);
  ops::ConvTranspose doubled;
  doubled.strides = {2, 2};
  add_all(cases, doubled, {input(f32, {2, 16, 5, 6}), weights(f32, {16, 8, 2, 2}), weights(f32, {8})}, {8, 1, 1}, {2, 8, 10, 12}, 16);
  ops::Pool pool;
  pool.kind = ops::PoolKind::average;
  pool.kernel = {2, 2};
  pool.strides = {2, 2};
  add_all(cases, pool, {input(f32, {1, 6, 8, 8})}, {6, 1, 1}, {1, 6, 4, 4}, 4);
  add_all(cases, ops::Reduce{.kind = ops::ReduceKind::mean}, {input(f32, {3, 5, 7}), list({-1})}, {5, 1}, {3, 5, 1}, 7);
  add_all(cases, ops::Reduce{.kind = ops::ReduceKind::mean}, {input(f32, {2, 16, 5, 7}), list({2, 3})}, {16, 1, 1}, {2, 16, 1, 1}, 35);
  add_all(cases, ops::Softmax{}, {input(f32, {3, 4, 20})}, {4, 1}, {3, 4, 20}, 20);
  add_all(cases, ops::LayerNormalization{}, {input(f32, {3, 5, 24}), weights(f32, {24}), weights(f32, {24})}, {24}, {3, 5, 24}, 24);
  add_all(cases, ops::GroupNormalization{.groups = 4}, {input(f32, {2, 16, 5, 7}), weights(f32, {16}), weights(f32, {16})}, {16, 1, 1},
          {2, 16, 5, 7}, 140);
  add_all(cases, ops::Attention{.scale = 0.25}, {input(f32, {2, 3, 9, 16}), input(f32, {2, 3, 20, 16}), input(f32, {2, 3, 20, 32})},
          {3, 1, 1}, {2, 3, 9, 32}, 36);
}

}  // namespace burnish::suite
