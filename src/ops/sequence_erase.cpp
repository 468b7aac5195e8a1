// SequenceErase: a sequence without the tensor at a position, or without its last one. ONNX SequenceErase, opset 11.
// Inputs: sequence, optional position (i32 or i64, one element, negative from the end).
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const SequenceErase&, InferContext& context) {
  context.expect_inputs(1, 2);
  const TensorType& sequence = expect_sequence(context, 0);
  if (context.has_input(1)) {
    expect_index_type(context, 1, "the position");
    expect_one_element(context, 1, "the position");
  }
  context.output(0, with_fresh_sizes(context, sequence));
}

void reference(const SequenceErase&, EvalContext& context) {
  const std::span<const Tensor> before = context.input(0).held();
  const int64_t position = context.has_input(1) ? single_integer(context.input(1), "the position") : -1;
  std::vector<Tensor> tensors(before.begin(), before.end());
  tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(checked_position(position, before.size(), false)));
  context.set_output(0, Tensor::sequence(context.input(0).dtype(), std::move(tensors)));
}

SequenceErase import(const ImportContext&) { return {}; }

}  // namespace

void register_sequence_erase(Registry& registry) {
  registry.add<SequenceErase>({.name = "SequenceErase",
                               .infer = infer,
                               .reference = reference,
                               .onnx = {{.name = "SequenceErase", .since = 11, .import = import}},
                               .traits = Trait::any_kind});
}

}  // namespace burnish::ops
