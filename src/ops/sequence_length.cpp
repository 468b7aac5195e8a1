// SequenceLength: how many tensors a sequence holds, as an i64 scalar. ONNX SequenceLength, opset 11.
#include "ops/containers.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const SequenceLength&, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_sequence(context, 0);
  context.output(0, DType::i64, {});
}

void reference(const SequenceLength&, EvalContext& context) {
  context.set_output(0, Tensor::of<int64_t>({}, {static_cast<int64_t>(context.input(0).held().size())}));
}

SequenceLength import(const ImportContext&) { return {}; }

}  // namespace

void register_sequence_length(Registry& registry) {
  registry.add<SequenceLength>({.name = "SequenceLength",
                                .infer = infer,
                                .reference = reference,
                                .onnx = {{.name = "SequenceLength", .since = 11, .import = import}},
                                .traits = Trait::any_kind});
}

}  // namespace burnish::ops
