// GroupNormalization and InstanceNormalization (groups of one channel): see ops/normalization.h.
// Opset 18 gives one scale and bias for each group; import repeats them for the group's channels.
#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/expand.h"
#include "ops/normalization.h"
#include "ops/normalize_rows.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/reshape.h"

namespace burnish::ops {
namespace {

void infer_channels(InferContext& context) {
  context.expect_inputs(3, 3);
  const Shape& shape = context.shape(0);
  if (shape.rank() < 2) fail("the input has shape {}; it needs batch and channel axes", shape.text());
  for (size_t i = 0; i < 3; ++i) {
    if (not is_floating(context.dtype(i))) fail("input {} is {}; it must be a floating type", i, name_of(context.dtype(i)));
    if (i > 0) check_channel_parameter(context.shape(i), shape[1], i);
  }
  context.output(0, context.dtype(0), shape);
}

void check_groups(int64_t groups, const Dim& channels) {
  if (groups < 1) fail("num_groups is {}; it must be 1 or more", groups);
  if (channels.is_constant() and channels.value() % groups != 0) fail("{} channels do not divide into {} groups", channels.value(), groups);
}

void infer(const GroupNormalization& op, InferContext& context) {
  infer_channels(context);
  check_groups(op.groups, context.shape(0)[1]);
}

void infer_instance(const InstanceNormalization&, InferContext& context) { infer_channels(context); }

void normalize(EvalContext& context, int64_t channels_per_group, double epsilon) {
  const Tensor& input = context.input(0);
  const int64_t channels = input.dim(1);
  for (size_t i = 1; i < 3; ++i) check_channel_parameter(Shape(context.input(i).dims()), channels, i);
  const int64_t plane = extent_product(input.dims(), 2, input.rank());
  const int64_t count = plane * channels_per_group;
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  if (input.size() == 0) return;
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> scale(context.input(1));
    const Numbers<double> bias(context.input(2));
    NumbersOut<T> y(out);
    parallel_for(input.size() / count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t group = begin; group < end; ++group) {
        const RowMoments one = row_moments(x.data() + group * count, count, epsilon);
        for (int64_t i = group * count; i < (group + 1) * count; ++i) {
          const int64_t c = i / plane % channels;
          y[i] = static_cast<T>((static_cast<double>(x[i]) - one.mean) * one.inverse_deviation * scale[c] + bias[c]);
        }
      }
    });
    y.store();
  });
}

void reference(const GroupNormalization& op, EvalContext& context) {
  check_groups(op.groups, context.input(0).dim(1));
  normalize(context, context.input(0).dim(1) / op.groups, op.epsilon);
}

void reference_instance(const InstanceNormalization& op, EvalContext& context) { normalize(context, 1, op.epsilon); }

InstanceNormalization import_instance(const ImportContext& context) { return {.epsilon = context.float_or("epsilon", 1e-5)}; }

GroupNormalization import_group(const ImportContext& context) {
  return {.groups = context.require_int("num_groups"), .epsilon = context.float_or("epsilon", 1e-5)};
}

/// [groups] to [channels], each value repeated.
ValueId repeated(ImportContext& context, ValueId values, int64_t groups, int64_t channels) {
  const ValueId columns = with_trailing_axes(context, values, 1);
  const ValueId wide = context.add(Expand{}, {columns, context.constant_i64({groups, channels / groups})});
  return context.add(Reshape{}, {wide, context.constant_i64({channels})});
}

void import_by_group(ImportContext& context) {
  const GroupNormalization op = import_group(context);
  std::vector<ValueId> inputs = required_inputs(context, 3, 3);
  const Shape& shape = context.type(inputs[0]).shape;
  if (shape.rank() < 2 or not shape[1].is_constant()) fail_unsupported("the input has shape {}; its channels must be static", shape.text());
  check_groups(op.groups, shape[1]);
  for (size_t i = 1; i < 3; ++i) {
    check_channel_parameter(context.type(inputs[i]).shape, op.groups, i);
    inputs[i] = repeated(context, inputs[i], op.groups, shape[1].value());
  }
  context.set_output(0, context.add(op, inputs));
}

}  // namespace

void register_group_normalization(Registry& registry) {
  registry.add<GroupNormalization>({.name = "GroupNormalization",
                                    .infer = infer,
                                    .reference = reference,
                                    .onnx = {{.name = "GroupNormalization", .since = 18, .expand = import_by_group},
                                             {.name = "GroupNormalization", .since = 21, .import = import_group}}});
  registry.add<InstanceNormalization>({.name = "InstanceNormalization",
                                       .infer = infer_instance,
                                       .reference = reference_instance,
                                       .onnx = {{.name = "InstanceNormalization", .since = 1, .import = import_instance}}});
}

}  // namespace burnish::ops
