// SequenceEmpty: a sequence without tensors. ONNX SequenceEmpty, opset 11.
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const SequenceEmpty& op, InferContext& context) {
  context.expect_inputs(0, 0);
  TensorType type;
  type.dtype = op.dtype;
  type.kind = ValueKind::sequence;
  type.known = Known::no_tensor;
  context.output(0, std::move(type));
}

void reference(const SequenceEmpty& op, EvalContext& context) { context.set_output(0, Tensor::nothing(ValueKind::sequence, op.dtype)); }

SequenceEmpty import(const ImportContext& context) { return {.dtype = context.find_dtype("dtype").value_or(DType::f32)}; }

}  // namespace

void register_sequence_empty(Registry& registry) {
  registry.add<SequenceEmpty>({.name = "SequenceEmpty",
                               .infer = infer,
                               .reference = reference,
                               .onnx = {{.name = "SequenceEmpty", .since = 11, .import = import}},
                               .traits = Trait::any_kind});
}

}  // namespace burnish::ops
