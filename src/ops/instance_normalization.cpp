// InstanceNormalization: see ops/normalization.h. An instance is a group of one channel.
#include "ops/normalization.h"
#include "ops/normalized_groups.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const InstanceNormalization&, InferContext& context) { infer_channel_normalization(context); }

void reference(const InstanceNormalization& op, EvalContext& context) { normalize_channels(context, 1, op.epsilon); }

InstanceNormalization import(const ImportContext& context) { return {.epsilon = context.float_or("epsilon", 1e-5)}; }

}  // namespace

void register_instance_normalization(Registry& registry) {
  registry.add<InstanceNormalization>({.name = "InstanceNormalization",
                                       .infer = infer,
                                       .reference = reference,
                                       .onnx = {{.name = "InstanceNormalization", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
