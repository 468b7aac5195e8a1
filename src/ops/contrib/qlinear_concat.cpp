// QLinearConcat: quantized tensors joined along an axis and quantized anew. com.microsoft QLinearConcat.
// Inputs: the output's scale and zero point, then tensor, scale and zero point of each part.
#include "base/error.h"
#include "ops/concat.h"
#include "ops/contrib/delegate.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"

namespace burnish::ops {
namespace {

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 5, SIZE_MAX);
  if ((inputs.size() - 2) % 3 != 0) fail("QLinearConcat has {} inputs; it takes 2 and 3 for each part", inputs.size());
  std::vector<ValueId> parts;
  for (size_t i = 2; i < inputs.size(); i += 3) parts.push_back(dequantize(context, inputs[i], inputs[i + 1], inputs[i + 2]));
  const ValueId joined = context.add(Concat{.axis = context.require_int("axis")}, std::move(parts));
  context.set_output(0, quantize(context, joined, inputs[0], inputs[1], context.type(inputs[2]).dtype));
}

}  // namespace

void register_qlinear_concat(Registry& registry) { registry.add_import("QLinearConcat", 1, import, microsoft); }

}  // namespace burnish::ops
