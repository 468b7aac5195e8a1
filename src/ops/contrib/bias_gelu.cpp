// Gaussian error units with a bias before them: com.microsoft BiasGelu (x + b), FastGelu (x + optional b, tanh form), QuickGelu
// (x * sigmoid(alpha * x)).
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

void import_with_bias(ImportContext& context, ExprCode code) {
  const std::vector<ValueId> inputs = required_inputs(context, 1, 2);
  ValueId value = inputs[0];
  if (context.has_input(1)) value = add_pointwise(context, ExprCode::add, {value, inputs[1]});
  context.set_output(0, add_pointwise(context, code, {value}));
}

void import_quick(ImportContext& context) {
  context.set_output(0, add_pointwise(context, ExprCode::swish, required_inputs(context, 1, 1), context.float_or("alpha", 1.702)));
}

}  // namespace

void register_bias_gelu(Registry& registry) {
  registry.add_import("BiasGelu", 1, [](ImportContext& context) { import_with_bias(context, ExprCode::gelu_erf); }, microsoft);
  registry.add_import("FastGelu", 1, [](ImportContext& context) { import_with_bias(context, ExprCode::gelu_tanh); }, microsoft);
  registry.add_import("QuickGelu", 1, import_quick, microsoft);
}

}  // namespace burnish::ops
