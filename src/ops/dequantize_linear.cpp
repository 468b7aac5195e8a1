// DequantizeLinear: see ops/quantize.h. (q - zero point) * scale.
#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/quantization.h"
#include "ops/quantize.h"

namespace burnish::ops {
namespace {

void infer(const DequantizeLinear& op, InferContext& context) {
  context.expect_inputs(2, 3);
  const DType dtype = context.dtype(0);
  if (not is_integer(dtype) and not(is_floating(dtype) and bit_width(dtype) <= 8)) fail("{} is no quantized type", name_of(dtype));
  if (not is_floating(context.dtype(1))) fail("the scale is {}; it must be floating", name_of(context.dtype(1)));
  if (not is_floating(op.output)) fail("the output type {} is not floating", name_of(op.output));
  for (size_t i = 1; i < 3; ++i)
    if (context.has_input(i)) check_quantization(context.shape(0), context.shape(i), op.axis, op.block_size);
  if (context.has_input(2)) context.expect_same_dtype(0, 2);
  context.output(0, op.output, context.shape(0));
}

void reference(const DequantizeLinear& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& scale = context.input(1);
  check_quantization(Shape(input.dims()), Shape(scale.dims()), op.axis, op.block_size);
  const bool has_zero_point = context.has_input(2);
  if (has_zero_point and context.input(2).size() != scale.size())
    fail("there are {} zero points for {} scales", context.input(2).size(), scale.size());
  const ScaleIndex index(input.dims(), scale.dims(), op.axis, op.block_size);
  const Numbers<double> q(input);
  const Numbers<double> scales(scale);
  std::vector<double> zeros(static_cast<size_t>(scale.size()), 0.0);
  for (size_t i = 0; has_zero_point and i < zeros.size(); ++i) zeros[i] = context.input(2).number(static_cast<int64_t>(i));
  Tensor& out = context.allocate(0, op.output, input.dims());
  with_floating(op.output, [&](auto type) {
    using T = decltype(type);
    NumbersOut<T> y(out);
    for (int64_t i = 0; i < input.size(); ++i) {
      const int64_t at = index.of(i);
      y[i] = static_cast<T>((q[i] - zeros[static_cast<size_t>(at)]) * scales[at]);
    }
    y.store();
  });
}

DequantizeLinear import(const ImportContext& context) {
  DequantizeLinear op{.axis = context.int_or("axis", 1), .block_size = context.int_or("block_size", 0)};
  op.output = context.has_input(1) ? context.type(context.input(1)).dtype : DType::f32;
  if (context.int_or("output_dtype", 0) != 0) op.output = *context.find_dtype("output_dtype");
  return op;
}

}  // namespace

void register_dequantize_linear(Registry& registry) {
  registry.add<DequantizeLinear>({.name = "DequantizeLinear",
                                  .infer = infer,
                                  .reference = reference,
                                  .onnx = {{.name = "DequantizeLinear", .since = 10, .import = import},
                                           {.name = "DequantizeLinear", .since = 1, .import = import, .domain = "com.microsoft"}}});
}

}  // namespace burnish::ops
