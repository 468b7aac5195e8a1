// Dropout at inference: its input, and a mask that keeps everything. ONNX Dropout, opsets 1 to 22.
// Training with a ratio above 0 is refused.
#include "base/error.h"
#include "ops/constant_of_shape.h"
#include "ops/elements.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/shape.h"

namespace burnish::ops {
namespace {

/// Opset 12 and later: inputs are the data, the ratio and whether to train.
bool trains(const ImportContext& context) {
  if (not context.has_input(2)) return false;
  const Tensor* training = context.constant(2);
  if (training == nullptr) fail_unsupported("Dropout whose training mode is only known while it runs; make it a constant");
  if (single_integer(*training, "training_mode") == 0) return false;
  const Tensor* ratio = context.constant(1);
  return not context.has_input(1) or ratio == nullptr or single_number(*ratio, "the ratio") != 0;
}

void import(ImportContext& context) {
  const ValueId input = required_inputs(context, 1, 3).front();
  if (trains(context)) fail_unsupported("Dropout in training mode; export the model for inference");
  context.set_output(0, input);
  if (not context.wants_output(1)) return;
  // Before opset 10 the mask has the data's type.
  const DType dtype = context.opset() < 10 ? context.type(input).dtype : DType::boolean;
  context.set_output(1, context.add(ConstantOfShape{.dtype = dtype, .value = 1, .integer = 1}, {context.add(ShapeOf{}, {input})}));
}

}  // namespace

void register_dropout(Registry& registry) { registry.add_import("Dropout", 1, import); }

}  // namespace burnish::ops
