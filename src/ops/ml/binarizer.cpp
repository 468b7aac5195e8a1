// Binarizer: 1 where an element is above a threshold, else 0, in the element's type. ai.onnx.ml Binarizer, opset 1.
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

void import(ImportContext& context) {
  const ValueId data = required_inputs(context, 1, 1).front();
  const ValueId above = add_pointwise(context, ExprCode::greater, data, context.float_or("threshold", 0));
  context.set_output(0, cast_to(context, above, context.type(data).dtype));
}

}  // namespace

void register_binarizer(Registry& registry) { registry.add_import("Binarizer", 1, import, "ai.onnx.ml"); }

}  // namespace burnish::ops
