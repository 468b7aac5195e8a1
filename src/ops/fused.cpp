// Fused: see the header.
#include "ops/fused.h"

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_counts(const Fused& op, size_t inputs) {
  if (not op.anchor.defined()) fail("a fused node needs an anchor");
  if (op.epilogue.inputs.empty()) fail("the epilogue has no input for the anchor's result");
  if (op.anchor_inputs < 0 or static_cast<size_t>(op.anchor_inputs) + op.epilogue.inputs.size() - 1 != inputs)
    fail("the anchor takes {} inputs and the epilogue {} more, but the node has {}", op.anchor_inputs, op.epilogue.inputs.size() - 1,
         inputs);
}

TensorType anchor_type(const Fused& op, const InferContext& context) {
  std::vector<InferContext::Input> inputs;
  for (size_t i = 0; i < static_cast<size_t>(op.anchor_inputs); ++i) {
    InferContext::Input one;
    one.present = context.has_input(i);
    if (one.present) {
      one.type = context.input(i);
      if (const Tensor* constant = context.constant(i)) one.constant = std::make_shared<const Tensor>(*constant);
      one.values = context.values(i);
    }
    inputs.push_back(std::move(one));
  }
  InferContext anchor(std::move(inputs), 1);
  op.anchor.infer(anchor);
  return anchor.outputs().front().type;
}

void infer(const Fused& op, InferContext& context) {
  check_counts(op, context.input_count());
  op.epilogue.verify();
  const TensorType result = anchor_type(op, context);
  const auto expect = [&](size_t input, DType dtype) {
    if (op.epilogue.inputs[input] != dtype)
      fail("the epilogue expects input {} to be {}, but it is {}", input, name_of(op.epilogue.inputs[input]), name_of(dtype));
  };
  expect(0, result.dtype);
  for (size_t i = 1; i < op.epilogue.inputs.size(); ++i) {
    const TensorType& further = context.input(static_cast<size_t>(op.anchor_inputs) + i - 1);
    expect(i, further.dtype);
    const Shape shape = broadcast(result.shape, further.shape);
    if (shape != result.shape)
      fail("epilogue input {} of shape {} does not broadcast to the anchor's shape {}", i, further.shape.text(), result.shape.text());
  }
  for (size_t i = 0; i < op.epilogue.outputs.size(); ++i) context.output(i, op.epilogue.dtype(op.epilogue.outputs[i]), result.shape);
}

void reference(const Fused& op, EvalContext& context) {
  check_counts(op, context.input_count());
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < context.input_count(); ++i) inputs.push_back(context.has_input(i) ? context.input(i) : Tensor());
  const auto anchor_inputs = static_cast<size_t>(op.anchor_inputs);
  EvalContext anchor(std::span<const Tensor>(inputs).first(anchor_inputs), 1);
  op.anchor.reference(anchor);
  std::vector<Tensor> operands{anchor.outputs().front()};
  operands.insert(operands.end(), inputs.begin() + op.anchor_inputs, inputs.end());
  std::vector<Tensor> outputs = evaluate(op.epilogue, operands, operands.front().dims());
  for (size_t i = 0; i < outputs.size(); ++i) context.set_output(i, std::move(outputs[i]));
}

}  // namespace

void register_fused(Registry& registry) { registry.add<Fused>({.name = "Fused", .infer = infer, .reference = reference, .onnx = {}}); }

}  // namespace burnish::ops
