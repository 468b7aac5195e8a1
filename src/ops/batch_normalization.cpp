// BatchNormalization: see ops/normalization.h. Training mode is composed of reductions and pointwise nodes when it is imported.
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/normalization.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/reduce.h"
#include "ops/unsqueeze.h"

namespace burnish::ops {
namespace {

void check_parameter(const Shape& parameter, const Dim& channels, size_t index) {
  if (parameter.rank() != 1) fail("input {} has shape {}; it must have one value for each channel", index, parameter.text());
  if (parameter[0].is_constant() and channels.is_constant() and parameter[0] != channels)
    fail("input {} has shape {}, but there are {} channels", index, parameter.text(), channels.text());
}

void infer(const BatchNormalization&, InferContext& context) {
  context.expect_inputs(5, 5);
  const Shape& shape = context.shape(0);
  if (shape.rank() < 1) fail("the input is a scalar; it needs a channel axis");
  const Dim channels = shape.rank() > 1 ? shape[1] : Dim(1);
  for (size_t i = 0; i < 5; ++i) {
    if (not is_floating(context.dtype(i))) fail("input {} is {}; it must be a floating type", i, name_of(context.dtype(i)));
    if (i > 0) check_parameter(context.shape(i), channels, i);
  }
  context.output(0, context.dtype(0), shape);
}

void reference(const BatchNormalization& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const int64_t channels = input.rank() > 1 ? input.dim(1) : 1;
  for (size_t i = 1; i < 5; ++i) check_parameter(Shape(context.input(i).dims()), channels, i);
  const int64_t plane = input.rank() > 2 ? extent_product(input.dims(), 2, input.rank()) : 1;
  const int64_t batch = input.dim(0);
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> scale(context.input(1));
    const Numbers<double> bias(context.input(2));
    const Numbers<double> mean(context.input(3));
    const Numbers<double> variance(context.input(4));
    NumbersOut<T> y(out);
    parallel_for(batch * channels, grain_for(plane * 4), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t c = i % channels;
        const double factor = scale[c] / std::sqrt(variance[c] + op.epsilon);
        for (int64_t j = i * plane; j < (i + 1) * plane; ++j)
          y[j] = static_cast<T>((static_cast<double>(x[j]) - mean[c]) * factor + bias[c]);
      }
    });
    y.store();
  });
}

/// Running statistics: running * momentum + current * (1 - momentum).
ValueId blended(ImportContext& context, ValueId running, ValueId current, double momentum) {
  const ValueId old_part = add_pointwise(context, ExprCode::mul, running, momentum);
  const ValueId new_part = add_pointwise(context, ExprCode::mul, current, 1 - momentum);
  return add_pointwise(context, ExprCode::add, {old_part, cast_to(context, new_part, context.type(running).dtype)});
}

void import_training(ImportContext& context, double epsilon) {
  const std::vector<ValueId> inputs = required_inputs(context, 5, 5);
  const size_t rank = context.type(inputs[0]).shape.rank();
  if (rank < 2) fail("training needs an input with batch and channel axes");
  std::vector<int64_t> others;
  for (size_t axis = 0; axis < rank; ++axis)
    if (axis != 1) others.push_back(static_cast<int64_t>(axis));
  const ValueId axes = context.constant_i64(others);
  const Reduce average{.kind = ReduceKind::mean, .keep_dims = false};
  const ValueId mean = context.add(average, {inputs[0], axes});
  const ValueId spread = add_pointwise(context, ExprCode::sub, {inputs[0], context.add(Unsqueeze{}, {mean, axes})});
  const ValueId variance = context.add(average, {add_pointwise(context, ExprCode::mul, {spread, spread}), axes});
  context.set_output(0, context.add(BatchNormalization{.epsilon = epsilon}, {inputs[0], inputs[1], inputs[2], mean, variance}));
  const double momentum = context.float_or("momentum", 0.9);
  if (context.wants_output(1)) context.set_output(1, blended(context, inputs[3], mean, momentum));
  if (context.wants_output(2)) context.set_output(2, blended(context, inputs[4], variance, momentum));
}

void import(ImportContext& context) {
  const double epsilon = context.float_or("epsilon", 1e-5);
  if (not context.flag_or("spatial", true))
    fail_unsupported("BatchNormalization with spatial=0 (a mean for every element) is not supported");
  if (context.flag_or("training_mode", false)) return import_training(context, epsilon);
  for (size_t i = 1; i < context.output_count(); ++i)
    if (context.wants_output(i)) fail_unsupported("output {} exists in training only; export the model for inference", i);
  context.set_output(0, context.add(BatchNormalization{.epsilon = epsilon}, required_inputs(context, 5, 5)));
}

}  // namespace

void register_batch_normalization(Registry& registry) {
  registry.add<BatchNormalization>({.name = "BatchNormalization",
                                    .infer = infer,
                                    .reference = reference,
                                    .onnx = {{.name = "BatchNormalization", .since = 1, .expand = import}}});
}

}  // namespace burnish::ops
