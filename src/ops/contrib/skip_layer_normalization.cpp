// Normalizations with a residual sum before them: com.microsoft SkipLayerNormalization (input, skip, gamma, optional beta, optional bias) and
// SkipSimplifiedLayerNormalization (without beta and mean). Outputs: result, mean, inverse deviation, the sum. And
// SimplifiedLayerNormalization, which is RMSNormalization.
#include "base/error.h"
#include "ops/contrib/delegate.h"
#include "ops/normalization.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

void import_skip(ImportContext& context, bool simplified) {
  const std::vector<ValueId> inputs = required_inputs(context, 3, 5);
  const double epsilon = context.float_or("epsilon", 1e-12);
  const ValueId beta = simplified ? ValueId{} : input_or_none(context, 3);
  const ValueId bias = input_or_none(context, simplified ? 3 : 4);
  ValueId sum = add_pointwise(context, ExprCode::add, {inputs[0], inputs[1]});
  if (bias.valid()) sum = add_pointwise(context, ExprCode::add, {sum, bias});
  if (context.wants_output(3)) context.set_output(3, sum);
  const bool statistics = context.wants_output(1) or context.wants_output(2);
  if (simplified) {
    if (statistics) fail_unsupported("mean and deviation of SkipSimplifiedLayerNormalization");
    return context.set_output(0, context.add(RMSNormalization{.axis = -1, .epsilon = epsilon}, {sum, inputs[2]}));
  }
  std::vector<ValueId> operands{sum, inputs[2]};
  if (beta.valid()) operands.push_back(beta);
  const auto made = context.add(LayerNormalization{.axis = -1, .epsilon = epsilon}, std::move(operands), statistics ? 3 : 1, {});
  for (size_t i = 0; i < made.size(); ++i) context.set_output(i, made[i]);
}

void import_simplified(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  if (context.wants_output(1)) fail_unsupported("the deviation of SimplifiedLayerNormalization");
  const RMSNormalization op{.axis = context.int_or("axis", -1), .epsilon = context.float_or("epsilon", 1e-5)};
  context.set_output(0, context.add(op, inputs));
}

}  // namespace

void register_skip_layer_normalization(Registry& registry) {
  registry.add_import("SkipLayerNormalization", 1, [](ImportContext& context) { import_skip(context, false); }, microsoft);
  registry.add_import("SkipSimplifiedLayerNormalization", 1, [](ImportContext& context) { import_skip(context, true); }, microsoft);
  // ONNX Runtime writes it into the default domain.
  registry.add_import("SimplifiedLayerNormalization", 1, import_simplified);
  registry.add_import("SimplifiedLayerNormalization", 1, import_simplified, microsoft);
}

}  // namespace burnish::ops
