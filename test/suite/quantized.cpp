// Integer products: convolutions and matrix products of bytes, with zero points, scales for each channel, and everything that quantization
// puts behind them: activations, conversion to bytes, sums with quantized tensors.
#include "ops/quantized.h"

#include <functional>

#include "ops/dynamic_quantize_linear.h"
#include "ops/fused.h"
#include "ops/pointwise.h"
#include "ops/pool.h"
#include "suite/suite.h"

namespace burnish::suite {
namespace {

using Build = std::function<ExprOperand(Expr&)>;

ExprOperand number(Expr& e, double value) { return e.add_constant(f32, value); }

ExprOperand quantized(Expr& e, ExprOperand x, double scale, double zero, DType type) {
  const double least = type == u8 ? 0 : -128;
  ExprOperand value = e.add_step(ExprCode::round, f32, {e.add_step(ExprCode::div, f32, {x, number(e, scale), 0}), 0, 0});
  if (zero != 0) value = e.add_step(ExprCode::add, f32, {value, number(e, zero), 0});
  return e.add_step(ExprCode::cast, type, {e.add_step(ExprCode::clip, f32, {value, number(e, least), number(e, least + 255)}), 0, 0});
}

ExprOperand dequantized(Expr& e, ExprOperand q, double scale, double zero) {
  ExprOperand value = e.add_step(ExprCode::cast, f32, {q, 0, 0});
  if (zero != 0) value = e.add_step(ExprCode::sub, f32, {value, number(e, zero), 0});
  return e.add_step(ExprCode::mul, f32, {value, number(e, scale), 0});
}

struct Epilogue {
  std::string name;
  Expr expr;
  std::vector<DType> further;  // of the output's shape
};

Epilogue epilogue(std::string name, std::vector<DType> further, const Build& build) {
  Expr expr;
  expr.add_input(f32);
  for (const DType type : further) expr.add_input(type);
  expr.outputs = {build(expr)};
  return {std::move(name), std::move(expr), std::move(further)};
}

std::vector<Epilogue> epilogues() {
  const auto unary = [](ExprCode code) { return [=](Expr& e) { return quantized(e, e.add_step(code, f32, {0, 0, 0}, 1), 0.71, 3, u8); }; };
  return {
      epilogue("to u8", {}, [](Expr& e) { return quantized(e, 0, 0.71, 117, u8); }),
      epilogue("to i8", {}, [](Expr& e) { return quantized(e, 0, 0.71, 0, i8); }),
      epilogue("relu, to u8", {}, [](Expr& e) { return quantized(e, e.add_step(ExprCode::relu, f32, {0, 0, 0}), 0.43, 0, u8); }),
      epilogue("relu to 6, to i8", {},
               [](Expr& e) { return quantized(e, e.add_step(ExprCode::clip, f32, {0, number(e, 0), number(e, 6)}), 6.0 / 255, -128, i8); }),
      epilogue("hard swish", {}, unary(ExprCode::hard_swish)),
      epilogue("silu", {}, unary(ExprCode::swish)),
      epilogue("relu", {}, [](Expr& e) { return e.add_step(ExprCode::relu, f32, {0, 0, 0}); }),
      epilogue("sum of bytes", {u8},
               [](Expr& e) { return quantized(e, e.add_step(ExprCode::add, f32, {dequantized(e, 1, 0.37, 129), 0, 0}), 0.83, 121, u8); }),
      epilogue("sum of quantized, relu", {i8},
               [](Expr& e) {
                 const ExprOperand inner = dequantized(e, quantized(e, 0, 0.61, 5, i8), 0.61, 5);
                 const ExprOperand sum = e.add_step(ExprCode::add, f32, {inner, dequantized(e, 1, 0.29, 0), 0});
                 return quantized(e, e.add_step(ExprCode::relu, f32, {sum, 0, 0}), 0.83, -128, i8);
               }),
  };
}

/// x, w, zero point, scales and bias of a product with so many output channels.
std::vector<Input> operands(DType type, const Shape& x, const Shape& w, int64_t zero, int64_t channels, bool per_channel) {
  const double low = type == u8 ? 0 : -128;
  std::vector<Input> inputs{input(type, x).between(low, low + 255), weights(i8, w).between(-127, 127)};
  if (zero == 0) inputs.push_back(omitted());
  else
    inputs.push_back(type == u8 ? constant<uint8_t>({}, {static_cast<uint8_t>(zero)}) : constant<int8_t>({}, {static_cast<int8_t>(zero)}));
  Tensor scale(f32, {per_channel ? channels : 1});
  for (int64_t i = 0; i < scale.size(); ++i) scale.set_number(i, 0.0007 + 0.00003 * static_cast<double>(i % 7));
  inputs.push_back(given(scale).fixed());
  inputs.push_back(weights(f32, {channels}).between(-8, 8));
  return inputs;
}

void add_conv(Cases& cases, DType type, int64_t zero, const ops::Conv& conv, const Shape& x, const Shape& w, const Epilogue& last) {
  Cases probe("probe");
  Case plain = probe.add(ops::QuantizedConv{conv}, operands(type, x, w, zero, w[0].value(), zero != 7));
  const Graph graph = graph_of(plain);
  const Shape output = graph.type(graph.outputs()[0]).shape;
  std::vector<Input> inputs = plain.inputs;
  for (const DType further : last.further)
    inputs.push_back(input(further, output).between(further == u8 ? 0 : -128, further == u8 ? 255 : 127));
  cases.add(ops::Fused{ops::QuantizedConv{conv}, 5, last.expr}, inputs).named(last.name).sums(512, 100).one_step();
}

}  // namespace

BURNISH_CASES(quantized_conv) {
  const ops::Conv padded{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}};
  const ops::Conv strided{.strides = {2, 2}, .pads = {1, 1, 1, 1}, .dilations = {}};
  ops::Conv depthwise = padded;
  depthwise.group = 32;
  const ops::Conv signals{.strides = {2}, .pads = {1, 2}, .dilations = {}, .group = 32};
  ops::Conv uneven = strided;
  uneven.group = 19;
  ops::Conv grouped = padded;
  grouped.group = 2;
  for (const DType type : {u8, i8})
    for (const int64_t zero : {0, 7, 100}) {
      const auto plain = [&](const ops::Conv& conv, const Shape& x, const Shape& w) {
        cases.add(ops::QuantizedConv{conv}, operands(type, x, w, zero, w[0].value(), zero != 7)).sums(512, 100);
      };
      plain(ops::Conv{}, {1, 24, 9, 7}, {40, 24, 1, 1});
      plain(padded, {2, 3, 12, 10}, {16, 3, 3, 3});
      plain(strided, {1, 16, 11, 9}, {33, 16, 3, 3});
      plain(depthwise, {1, 32, 9, 8}, {32, 1, 3, 3});
      plain(uneven, {1, 19, 9, 8}, {19, 1, 3, 3});
      plain(grouped, {1, 32, 9, 8}, {64, 16, 3, 3});
      plain(ops::Conv{}, {1, 24, 9}, {40, 24, 3});
      plain(signals, {2, 32, 19}, {32, 1, 3});
    }
  for (const Epilogue& last : epilogues()) {
    add_conv(cases, u8, 0, ops::Conv{}, {1, 24, 9, 7}, {40, 24, 1, 1}, last);
    add_conv(cases, u8, 100, ops::Conv{}, {1, 24, 9, 7}, {40, 24, 1, 1}, last);
    add_conv(cases, i8, 7, padded, {1, 3, 12, 10}, {16, 3, 3, 3}, last);
    add_conv(cases, u8, 100, depthwise, {1, 32, 9, 8}, {32, 1, 3, 3}, last);
  }
}

BURNISH_CASES(float8_products) {
  const auto operands = [](const Shape& x, const Shape& w, int64_t channels) {
    Tensor scale(f32, {channels});
    for (int64_t i = 0; i < channels; ++i) scale.set_number(i, 0.02 + 0.003 * static_cast<double>(i % 5));
    return std::vector<Input>{input(f8e4m3fn, x).between(-4, 4), weights(f8e4m3fn, w).between(-4, 4), omitted(), given(scale).fixed(),
                              weights(f32, {channels}).between(-1, 1)};
  };
  const ops::Conv padded{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}};
  cases.add(ops::QuantizedMatMul{}, operands({3, 5, 48}, {48, 24}, 24)).sums(48, 8);
  cases.add(ops::QuantizedConv{padded}, operands({2, 24, 9, 7}, {16, 24, 3, 3}, 16)).sums(216, 8);
  const Epilogue last = epilogue("to float8", {}, [](Expr& e) {
    const ExprOperand scaled = e.add_step(ExprCode::div, f32, {e.add_step(ExprCode::relu, f32, {0, 0, 0}), number(e, 0.01), 0});
    return e.add_step(ExprCode::cast, f8e4m3fn, {e.add_step(ExprCode::clip, f32, {scaled, number(e, -448), number(e, 448)}), 0, 0});
  });
  cases.add(ops::Fused{ops::QuantizedMatMul{}, 5, last.expr}, operands({7, 64}, {64, 32}, 32)).named(last.name).sums(64, 8);
}

BURNISH_CASES(quantized_matmul) {
  ops::MatMul transposed;
  transposed.transpose_b = true;
  for (const DType type : {u8, i8})
    for (const int64_t zero : {0, 7, 100}) {
      cases.add(ops::QuantizedMatMul{transposed}, operands(type, {1, 96}, {50, 96}, zero, 50, true)).sums(512, 100);
      std::vector<Input> inputs = operands(type, {3, 5, 33}, {33, 20}, zero, 20, false);
      inputs.resize(4);
      cases.add(ops::QuantizedMatMul{}, inputs).sums(512, 100);
    }
  for (const Epilogue& last : epilogues()) {
    std::vector<Input> inputs = operands(u8, {2, 7, 48}, {48, 31}, 100, 31, true);
    for (const DType further : last.further)
      inputs.push_back(input(further, {2, 7, 31}).between(further == u8 ? 0 : -128, further == u8 ? 255 : 127));
    cases.add(ops::Fused{ops::QuantizedMatMul{}, 5, last.expr}, inputs).named(last.name).sums(512, 100).one_step();
  }
}

/// Zero point and scale of x come with it, and a bias follows the scale.
BURNISH_CASES(dynamic_products) {
  Expr scaled;
  scaled.inputs = {f32, f32, f32};
  const ExprOperand product = scaled.add_step(ExprCode::mul, f32, {0, 1, 0});
  scaled.outputs = {scaled.add_step(ExprCode::add, f32, {product, 2, 0})};
  Expr active = scaled;
  active.outputs = {active.add_step(ExprCode::gelu_erf, f32, {active.outputs[0], 0, 0})};
  const auto add = [&](const Op& anchor, DType type, const Shape& x, const Shape& w, const Shape& bias, bool per_channel) {
    std::vector<Input> inputs = operands(type, x, w, 0, bias[0].value(), per_channel);
    inputs.resize(4);
    inputs[2] = input(type, {}).between(type == u8 ? 0 : -128, type == u8 ? 255 : 127);
    cases.add(anchor, inputs).sums(512, 100);
    inputs.push_back(input(f32, {}).between(0.5, 2));
    inputs.push_back(weights(f32, bias).between(-8, 8));
    cases.add(ops::Fused{anchor, 4, scaled}, inputs).sums(512, 200);
    cases.add(ops::Fused{anchor, 4, active}, inputs).named("gelu").sums(512, 200);
  };
  ops::MatMul transposed;
  transposed.transpose_b = true;
  const ops::Conv padded{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}};
  for (const DType type : {u8, i8}) {
    add(ops::QuantizedMatMul{}, type, {2, 7, 48}, {48, 31}, {31}, false);
    add(ops::QuantizedMatMul{transposed}, type, {1, 96}, {50, 96}, {50}, true);
    add(ops::QuantizedConv{padded}, type, {1, 24, 9, 7}, {40, 24, 3, 3}, {40, 1, 1}, true);
  }
}

/// Tensors of one sign, of both, of nothing but zeros, and some that two threads divide.
BURNISH_CASES(dynamic_quantize_linear) {
  const auto add = [&](const Input& x) { cases.add(ops::DynamicQuantizeLinear{}, {x}).with_outputs(3).one_step(); };
  for (const Shape& shape : {Shape{1}, Shape{3, 37}, Shape{2, 5, 64}, Shape{1, 19, 8, 7}, Shape{3, 8, 1031}, Shape{128, 513}})
    add(input(f32, shape).between(-3, 5));
  add(input(f32, {4, 33}).between(0.25, 7));
  add(input(f32, {4, 33}).between(-700, -2));
  add(given(Tensor(f32, {4, 33})));
}

BURNISH_CASES(bytes) {
  for (const DType type : {u8, i8}) {
    const Input image = input(type, {2, 19, 9, 8}).between(type == u8 ? 0 : -128, type == u8 ? 255 : 127);
    cases.add(ops::Pool{.kind = ops::PoolKind::max, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .dilations = {}}, {image});
    for (const Epilogue& one : epilogues()) {
      Expr expr = one.expr;
      std::vector<Input> inputs{input(f32, {2, 19, 9, 8}).between(-30, 30)};
      for (const DType further : one.further) inputs.push_back(input(further, {2, 19, 9, 8}).between(0, 120));
      cases.add(ops::Pointwise{expr}, inputs).named(one.name).one_step();
    }
    Expr table;
    table.add_input(type);
    table.outputs = {quantized(table, table.add_step(ExprCode::hard_swish, f32, {dequantized(table, 0, 0.047, 3), 0, 0}), 0.039, 4, type)};
    cases.add(ops::Pointwise{table}, {image}).named("bytes to bytes").one_step();
  }
}

}  // namespace burnish::suite
