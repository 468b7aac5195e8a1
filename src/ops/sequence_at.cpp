// SequenceAt: the tensor at a position of a sequence. ONNX SequenceAt, opset 11.
// Inputs: sequence, position (i32 or i64, one element, negative from the end). Sizes in which the sequence's tensors may differ are fresh.
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const SequenceAt&, InferContext& context) {
  context.expect_inputs(2, 2);
  const TensorType& sequence = expect_sequence(context, 0);
  expect_index_type(context, 1, "the position");
  expect_one_element(context, 1, "the position");
  context.output(0, held_type(context, sequence));
}

void reference(const SequenceAt&, EvalContext& context) {
  const std::span<const Tensor> tensors = context.input(0).held();
  const int64_t position = single_integer(context.input(1), "the position");
  context.set_output(0, tensors[checked_position(position, tensors.size(), false)]);
}

SequenceAt import(const ImportContext&) { return {}; }

}  // namespace

void register_sequence_at(Registry& registry) {
  registry.add<SequenceAt>({.name = "SequenceAt",
                            .infer = infer,
                            .reference = reference,
                            .onnx = {{.name = "SequenceAt", .since = 11, .import = import}},
                            .traits = Trait::any_kind | Trait::data_dependent});
}

}  // namespace burnish::ops
