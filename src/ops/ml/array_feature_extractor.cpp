// ArrayFeatureExtractor: elements of the last axis, picked by index. ai.onnx.ml ArrayFeatureExtractor, opset 1.
// A vector counts as a matrix of one row. Composed of Reshape and Gather.
#include "base/error.h"
#include "ops/gather.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/reshape.h"

namespace burnish::ops {
namespace {

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  if (context.type(inputs[0]).shape.rank() == 0) fail("the data is a scalar");
  const bool is_row = context.type(inputs[0]).shape.rank() == 1;
  const ValueId data = is_row ? context.add(Reshape{}, {inputs[0], context.constant_i64({1, -1})}) : inputs[0];
  const ValueId indices = context.add(Reshape{}, {inputs[1], context.constant_i64({-1})});
  context.set_output(0, context.add(Gather{.axis = -1}, {data, indices}));
}

}  // namespace

void register_array_feature_extractor(Registry& registry) { registry.add_import("ArrayFeatureExtractor", 1, import, "ai.onnx.ml"); }

}  // namespace burnish::ops
