// GroupNormalization: see ops/normalization.h.
// Opset 18 gives one scale and bias for each group; import repeats them for the group's channels.
#include "base/error.h"
#include "ops/expand.h"
#include "ops/normalization.h"
#include "ops/normalized_groups.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/reshape.h"

namespace burnish::ops {
namespace {

void check_groups(int64_t groups, const Dim& channels) {
  if (groups < 1) fail("num_groups is {}; it must be 1 or more", groups);
  if (channels.is_constant() and channels.value() % groups != 0) fail("{} channels do not divide into {} groups", channels.value(), groups);
}

void infer(const GroupNormalization& op, InferContext& context) {
  infer_channel_normalization(context);
  check_groups(op.groups, context.shape(0)[1]);
}

void reference(const GroupNormalization& op, EvalContext& context) {
  check_groups(op.groups, context.input(0).dim(1));
  normalize_channels(context, context.input(0).dim(1) / op.groups, op.epsilon);
}

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
}

}  // namespace burnish::ops
