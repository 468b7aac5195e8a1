// Average pooling of quantized tensors: com.microsoft QLinearAveragePool, QLinearGlobalAveragePool.
// Inputs: tensor, scale, zero point, the output's scale and zero point. With `channels_last` the tensor is [N,d...,C].
#include "base/error.h"
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/transpose.h"

namespace burnish::ops {
namespace {

/// Axis 1 moved to the end, or the last one to axis 1.
ValueId moved(ImportContext& context, ValueId value, bool to_end) {
  const auto rank = static_cast<int64_t>(context.type(value).shape.rank());
  std::vector<int64_t> perm{0};
  if (not to_end) perm.push_back(rank - 1);
  for (int64_t axis = to_end ? 2 : 1; axis < (to_end ? rank : rank - 1); ++axis) perm.push_back(axis);
  if (to_end) perm.push_back(1);
  return context.add(Transpose{.perm = perm}, {value});
}

void import_pool(ImportContext& context, std::string_view op) {
  const std::vector<ValueId> inputs = required_inputs(context, 4, 5);
  if (context.type(inputs[0]).shape.rank() < 3)
    fail("the input has shape {}; it must have rank 3 or more", context.type(inputs[0]).shape.text());
  const bool channels_last = context.flag_or("channels_last", false);
  ValueId value = dequantize(context, inputs[0], inputs[1], input_or_none(context, 2));
  if (channels_last) value = moved(context, value, false);
  value = as_onnx(context, op, 19, {value});
  if (channels_last) value = moved(context, value, true);
  context.set_output(0, quantize(context, value, inputs[3], input_or_none(context, 4), context.type(inputs[0]).dtype));
}

}  // namespace

void register_qlinear_pool(Registry& registry) {
  registry.add_import("QLinearAveragePool", 1, [](ImportContext& context) { import_pool(context, "AveragePool"); }, microsoft);
  registry.add_import("QLinearGlobalAveragePool", 1, [](ImportContext& context) { import_pool(context, "GlobalAveragePool"); }, microsoft);
}

}  // namespace burnish::ops
