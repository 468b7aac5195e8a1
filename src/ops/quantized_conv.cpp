// QuantizedConv: see ops/quantized.h. The padding of x is its zero point.
#include "base/error.h"
#include "ops/convolution.h"
#include "ops/convolve.h"
#include "ops/operator.h"
#include "ops/quantized.h"

namespace burnish::ops {
namespace {

using Index = QuantizedOperand::Index;

void infer(const QuantizedConv& op, InferContext& context) {
  context.expect_inputs(Index::scale + 1, Index::count);
  context.output(0, DType::f32, convolution_output(op, context.shape(Index::x), context.shape(Index::w)));
  check_quantized_operands(context, context.shape(Index::w)[0]);
}

void reference(const QuantizedConv& op, EvalContext& context) {
  const Tensor& input = context.input(Index::x);
  const Tensor& weight = context.input(Index::w);
  const Convolution shape = convolution_of(op, input.dims(), weight.dims());
  const QuantizedNumbers numbers = quantized_numbers(context, shape.filters);
  Tensor& out = context.allocate(0, DType::f32, convolution_output(op, Shape(input.dims()), Shape(weight.dims())).dims());
  NumbersOut<float> y(out);
  const auto finish = [&](auto sum, int64_t filter) {
    const auto at = static_cast<size_t>(filter);
    return static_cast<float>(static_cast<double>(sum) * numbers.scale[at] + numbers.bias[at]);
  };
  if (is_floating(input.dtype())) {
    convolve(shape, Numbers<double>(input).data(), Numbers<double>(weight).data(), y.data(), finish);
  } else {
    std::vector<int64_t> x = input.integers();
    for (int64_t& value : x) value -= numbers.zero_point;
    convolve(shape, x.data(), Numbers<int64_t>(weight).data(), y.data(), finish);
  }
  y.store();
}

}  // namespace

void register_quantized_conv(Registry& registry) {
  registry.add<QuantizedConv>({.name = "QuantizedConv", .infer = infer, .reference = reference, .onnx = {}});
}

}  // namespace burnish::ops
