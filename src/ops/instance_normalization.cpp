// InstanceNormalization and GroupNormalization: see normalization.h. A group of channels of one sample is normalized together;
// an instance is a group of one channel.
#include <cmath>

#include "base/error.h"
#include "ops/normalization.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer_channels(InferContext& context, std::string_view name) {
  context.expect_inputs(3, 3);
  const Shape& x = context.shape(0);
  if (not is_floating(context.dtype(0))) fail("{} computes floating types, not {}", name, name_of(context.dtype(0)));
  if (x.rank() < 2) fail("{} needs a batch and a channel axis, the data is {}", name, x.text());
  for (const size_t index : {1, 2}) {
    context.expect_rank(index, 1);
    const auto given = context.shape(index)[0].constant();
    const auto channels = x[1].constant();
    if (given and channels and *given != *channels) fail("{}: input {} has {} values for {} channels", name, index, *given, *channels);
  }
  context.output(0, context.dtype(0), x);
}

void normalize(EvalContext& context, int64_t groups, double epsilon) {
  const Tensor& x = context.input(0);
  Tensor out = context.allocate(0, x.dtype(), x.dims());
  const int64_t channels = x.dim(1);
  if (groups < 1 or channels % groups != 0) fail("{} channels do not divide into {} groups", channels, groups);
  if (x.size() == 0) return;
  const int64_t spatial = x.size() / (x.dim(0) * channels);
  const int64_t members = channels / groups;
  const int64_t size = members * spatial;
  for (int64_t group = 0; group < x.dim(0) * groups; ++group) {
    const int64_t first = group * size;
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) sum += x.number(first + i);
    const double mean = sum / static_cast<double>(size);
    double squares = 0;
    for (int64_t i = 0; i < size; ++i) squares += (x.number(first + i) - mean) * (x.number(first + i) - mean);
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(size) + epsilon);
    for (int64_t i = 0; i < size; ++i) {
      const int64_t channel = group % groups * members + i / spatial;
      out.set_number(first + i, (x.number(first + i) - mean) * inverse * context.input(1).number(channel) + context.input(2).number(channel));
    }
  }
}

void infer_instance(const InstanceNormalization&, InferContext& context) { infer_channels(context, "InstanceNormalization"); }
void reference_instance(const InstanceNormalization& op, EvalContext& context) { normalize(context, context.input(0).dim(1), op.epsilon); }

void infer_group(const GroupNormalization& op, InferContext& context) {
  infer_channels(context, "GroupNormalization");
  const auto channels = context.shape(0)[1].constant();
  if (op.groups < 1 or (channels and *channels % op.groups != 0)) fail("GroupNormalization: {} channels do not divide into {} groups", context.shape(0)[1].text(), op.groups);
}
void reference_group(const GroupNormalization& op, EvalContext& context) { normalize(context, op.groups, op.epsilon); }

InstanceNormalization import_instance(const ImportContext& context) { return {.epsilon = context.float_or("epsilon", 1e-5)}; }
GroupNormalization import_group(const ImportContext& context) { return {.groups = context.require_int("num_groups"), .epsilon = context.float_or("epsilon", 1e-5)}; }

/// Opset 18 scales by group: every value is repeated for the channels of its group.
void expand_group_18(ImportContext& context) {
  const GroupNormalization op = import_group(context);
  const int64_t channels = context.type(context.input(0)).shape[1].value();
  if (op.groups < 1 or channels % op.groups != 0) fail("{} channels do not divide into {} groups", channels, op.groups);
  std::vector<ValueId> inputs{context.input(0)};
  for (const size_t index : {1, 2}) {
    const Tensor* by_group = context.constant(index);
    if (by_group == nullptr) fail_unsupported("GroupNormalization of opset 18 with a scale or bias that is not constant: use opset 21");
    Tensor by_channel(by_group->dtype(), {channels});
    for (int64_t channel = 0; channel < channels; ++channel) by_channel.set_number(channel, by_group->number(channel / (channels / op.groups)));
    inputs.push_back(context.constant(by_channel));
  }
  context.set_output(0, context.add(op, inputs));
}

}  // namespace

void register_instance_normalization(Registry& registry) {
  registry.add<InstanceNormalization>({.name = "InstanceNormalization",
                                       .infer = infer_instance,
                                       .reference = reference_instance,
                                       .onnx = {{.name = "InstanceNormalization", .since = 1, .import = import_instance}}});
  registry.add<GroupNormalization>({.name = "GroupNormalization",
                                    .infer = infer_group,
                                    .reference = reference_group,
                                    .onnx = {{.name = "GroupNormalization", .since = 18, .expand = expand_group_18},
                                             {.name = "GroupNormalization", .since = 21, .import = import_group}}});
}

}  // namespace burnish::ops
