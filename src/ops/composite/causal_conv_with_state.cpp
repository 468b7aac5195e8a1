// CausalConvWithState: a depthwise convolution over steps that sees the past only, with the last inputs handed to the next call.
// ONNX CausalConvWithState, opset 27. Composed of Concat or Pad, Conv, Swish and Slice.
#include "base/error.h"
#include "ops/concat.h"
#include "ops/conv.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pad.h"
#include "ops/pointwise_import.h"
#include "ops/slice.h"

namespace burnish::ops {
namespace {

enum Input : size_t { data_input, weight_input, bias_input, state_input };

/// The input [B,C,L] after what came before it: [B,C,L+K-1].
ValueId with_past(ImportContext& context, int64_t past) {
  const ValueId data = context.input(data_input);
  if (context.has_input(state_input)) return context.add(Concat{.axis = 2}, {context.input(state_input), data});
  return past == 0 ? data : context.add(Pad{}, {data, context.constant_i64({0, 0, past, 0, 0, 0})});
}

void import(ImportContext& context) {
  const std::vector<ValueId> inputs = required_inputs(context, 2, 4);
  const Shape& weight = context.type(inputs[weight_input]).shape;
  for (const size_t i : {data_input, weight_input})
    if (context.type(inputs[i]).shape.rank() != 3)
      fail("input {} has shape {}; it must have rank 3", i, context.type(inputs[i]).shape.text());
  if (not weight[0].is_constant() or not weight[2].is_constant()) fail_unsupported("the weight's shape {} must be static", weight.text());
  const std::string activation = context.string_or("activation", "none");
  if (activation != "none" and activation != "silu" and activation != "swish")
    fail("activation is `{}`; it must be none, silu or swish", activation);
  const int64_t past = weight[2].value() - 1;
  if (past < 0) fail("the weight has shape {}; its kernel is empty", weight.text());
  const ValueId padded = with_past(context, past);
  std::vector<ValueId> operands{padded, inputs[weight_input]};
  if (context.has_input(bias_input)) operands.push_back(inputs[bias_input]);
  const ValueId result = context.add(Conv{.strides = {}, .pads = {}, .dilations = {}, .group = weight[0].value()}, std::move(operands));
  context.set_output(0, activation == "none" ? result : add_pointwise(context, ExprCode::swish, std::vector{result}, 1));
  if (not context.wants_output(1)) return;
  const int64_t start = past == 0 ? INT64_MAX : -past;
  context.set_output(
      1, context.add(Slice{}, {padded, context.constant_i64({start}), context.constant_i64({INT64_MAX}), context.constant_i64({2})}));
}

}  // namespace

void register_causal_conv_with_state(Registry& registry) { registry.add_import("CausalConvWithState", 27, import); }

}  // namespace burnish::ops
