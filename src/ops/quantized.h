// QuantizedConv and QuantizedMatMul: products of 8-bit integers whose exact sums become numbers by a scale and a bias; or of float8.
// Inputs: x (u8 or i8), w (i8, zero point 0), or both f8e4m3fn; optional zero point of x (one value of x's type), scale (f32: one value, or one for each output
// channel; the scale of x times that of w), optional bias (f32, one for each output channel). Output f32: scale * sum((x - zero) * w) + bias.
// Passes make them from DequantizeLinear before Conv and MatMul; ONNX has no such operators. What quantizes the result is a pointwise program
// behind them. They say nothing about how sums are made: 32 bits always hold them.
#pragma once

#include "ops/conv.h"
#include "ops/matmul.h"

namespace burnish::ops {

struct QuantizedConv : Conv {};

struct QuantizedMatMul : MatMul {};

/// Where both find their operands.
struct QuantizedOperand {
  enum Index : size_t { x, w, zero_point, scale, bias, count };
};

bool is_quantized_product(const Op& op);

/// What both ask of the types of their operands, for so many output channels; throws Error.
void check_quantized_operands(const InferContext& context, const Dim& channels);

/// Scale and bias of each output channel, and the zero point of x.
struct QuantizedNumbers {
  std::vector<double> scale;
  std::vector<double> bias;
  int64_t zero_point = 0;
};
QuantizedNumbers quantized_numbers(const EvalContext& context, int64_t channels);

}  // namespace burnish::ops
