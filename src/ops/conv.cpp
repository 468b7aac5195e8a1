// Conv: see the header.
#include "ops/conv.h"

#include "base/error.h"
#include "ops/convolution.h"
#include "ops/convolve.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Conv& op, InferContext& context) {
  context.expect_inputs(2, 3);
  if (not is_floating(context.dtype(0))) fail("Conv computes floating types, not {}", name_of(context.dtype(0)));
  context.expect_same_dtype(0, 1);
  context.output(0, context.dtype(0), convolution_output(op, context.shape(0), context.shape(1)));
  if (not context.has_input(2)) return;
  context.expect_same_dtype(0, 2);
  check_convolution_bias(context.shape(2), context.shape(1)[0]);
}

void reference(const Conv& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& weight = context.input(1);
  const Convolution shape = convolution_of(op, input.dims(), weight.dims());
  if (context.has_input(2)) check_convolution_bias(Shape(context.input(2).dims()), shape.filters);
  Tensor& out = context.allocate(0, input.dtype(), convolution_output(op, Shape(input.dims()), Shape(weight.dims())).dims());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<T> w(weight);
    NumbersOut<T> y(out);
    std::vector<double> bias(static_cast<size_t>(shape.filters), 0.0);
    if (context.has_input(2))
      for (int64_t i = 0; i < shape.filters; ++i) bias[static_cast<size_t>(i)] = context.input(2).number(i);
    convolve(shape, x.data(), w.data(), y.data(),
             [&](double sum, int64_t filter) { return static_cast<T>(sum + bias[static_cast<size_t>(filter)]); });
    y.store();
  });
}

}  // namespace

void register_conv(Registry& registry) {
  registry.add<Conv>(
      {.name = "Conv", .infer = infer, .reference = reference, .onnx = {{.name = "Conv", .since = 1, .import = import_convolution}}});
}

}  // namespace burnish::ops
