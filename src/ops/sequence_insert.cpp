// SequenceInsert: a sequence with one more tensor, before a position or at the end. ONNX SequenceInsert, opset 11.
// Inputs: sequence, tensor, optional position (i32 or i64, one element, negative from the end).
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const SequenceInsert&, InferContext& context) {
  context.expect_inputs(2, 3);
  const TensorType& sequence = expect_sequence(context, 0);
  if (context.has_input(2)) {
    expect_index_type(context, 2, "the position");
    expect_one_element(context, 2, "the position");
  }
  context.output(0, merged_type(context, sequence, sequence_type(expect_tensor(context, 1))));
}

void reference(const SequenceInsert&, EvalContext& context) {
  const std::span<const Tensor> before = context.input(0).held();
  const auto end = static_cast<int64_t>(before.size());
  const int64_t position = context.has_input(2) ? single_integer(context.input(2), "the position") : end;
  const auto at = static_cast<std::ptrdiff_t>(checked_position(position, before.size(), true));
  std::vector<Tensor> tensors;
  tensors.reserve(before.size() + 1);
  tensors.insert(tensors.end(), before.begin(), before.begin() + at);
  tensors.push_back(context.input(1));
  tensors.insert(tensors.end(), before.begin() + at, before.end());
  context.set_output(0, Tensor::sequence(context.input(0).dtype(), std::move(tensors)));
}

SequenceInsert import(const ImportContext&) { return {}; }

}  // namespace

void register_sequence_insert(Registry& registry) {
  registry.add<SequenceInsert>({.name = "SequenceInsert",
                                .infer = infer,
                                .reference = reference,
                                .onnx = {{.name = "SequenceInsert", .since = 11, .import = import}},
                                .traits = Trait::any_kind});
}

}  // namespace burnish::ops
