// SequenceConstruct: a sequence of the inputs, in order. ONNX SequenceConstruct, opset 11.
#include "ops/containers.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const SequenceConstruct&, InferContext& context) {
  TensorType element = expect_tensor(context, 0);
  for (size_t i = 1; i < context.input_count(); ++i) element = merged_type(context, element, expect_tensor(context, i));
  context.output(0, sequence_type(element));
}

void reference(const SequenceConstruct&, EvalContext& context) {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < context.input_count(); ++i) tensors.push_back(context.input(i));
  const DType dtype = tensors.at(0).dtype();
  context.set_output(0, Tensor::sequence(dtype, std::move(tensors)));
}

SequenceConstruct import(const ImportContext&) { return {}; }

}  // namespace

void register_sequence_construct(Registry& registry) {
  registry.add<SequenceConstruct>({.name = "SequenceConstruct",
                                   .infer = infer,
                                   .reference = reference,
                                   .onnx = {{.name = "SequenceConstruct", .since = 11, .import = import}},
                                   .traits = Trait::any_kind});
}

}  // namespace burnish::ops
