// SequenceMap: a body run for every position of its sequences; each result becomes a sequence. ONNX SequenceMap, opset 17.
// Inputs: `operands` of the ONNX node (the first is a sequence; of the others sequences give one element, tensors all of themselves), then
// what the body captures.
#include "base/error.h"
#include "ops/containers.h"
#include "ops/operator.h"
#include "ops/regions.h"

namespace burnish::ops {

struct SequenceMap {
  int64_t operands = 1;
  static constexpr auto fields = std::tuple{field("operands", &SequenceMap::operands)};
};

namespace {

void infer(const SequenceMap& op, InferContext& context) {
  expect_regions(context, 1);
  const Graph& body = context.regions()[0];
  const size_t count = body.inputs().size();
  context.expect_inputs(count, count);
  if (op.operands < 1 or static_cast<size_t>(op.operands) > count)
    fail("a SequenceMap of {} operands has a body of {} inputs", op.operands, count);
  expect_sequence(context, 0);
  const auto operands = static_cast<size_t>(op.operands);
  for (size_t i = 0; i < operands; ++i) {
    const bool is_sequence = context.input(i).kind == ValueKind::sequence;
    const TensorType outer = is_sequence ? held_type(context, context.input(i)) : context.input(i);
    const TensorType& inner = body.type(body.inputs()[i]);
    if (inner.kind != outer.kind or inner.dtype != outer.dtype)
      fail("input {} of the body is {}, but gets {}", i, inner.text(), outer.text());
  }
  expect_body_inputs(context, body, operands, count, operands, "the body");
  if (context.output_count() > body.outputs().size())
    fail("the body gives {} results, but the node has {} outputs", body.outputs().size(), context.output_count());
  for (size_t i = 0; i < context.output_count(); ++i) context.output(i, sequence_type(outside_type(context, body, result_type(body, i))));
}

void reference(const SequenceMap& op, EvalContext& context) {
  BURNISH_CHECK(context.regions().size() == 1);
  const Graph& body = context.regions()[0];
  const size_t length = context.input(0).held().size();
  std::vector<std::vector<Tensor>> results(context.output_count());
  for (size_t position = 0; position < length; ++position) {
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < body.inputs().size(); ++i) {
      const Tensor& input = context.input(i);
      const bool mapped = i < static_cast<size_t>(op.operands) and input.kind() == ValueKind::sequence;
      if (mapped and input.held().size() != length)
        fail("the sequences of a SequenceMap have {} and {} tensors", length, input.held().size());
      inputs.push_back(mapped ? input.held()[position] : input);
    }
    const std::vector<Tensor> made = context.run_region(0, inputs);
    for (size_t i = 0; i < results.size(); ++i) results[i].push_back(made.at(i));
  }
  for (size_t i = 0; i < results.size(); ++i) context.set_output(i, Tensor::sequence(result_type(body, i).dtype, std::move(results[i])));
}

void import(ImportContext& context) {
  ImportedRegion body = context.region("body");
  std::vector<ValueId> inputs = context.inputs();
  const SequenceMap op{.operands = static_cast<int64_t>(inputs.size())};
  std::vector<ImportedRegion> bodies;
  bodies.push_back(std::move(body));
  add_with_bodies(context, op, std::move(inputs), std::move(bodies));
}

}  // namespace

void register_sequence_map(Registry& registry) {
  registry.add<SequenceMap>({.name = "SequenceMap",
                             .infer = infer,
                             .reference = reference,
                             .onnx = {{.name = "SequenceMap", .since = 17, .expand = import}},
                             .traits = Trait::has_regions | Trait::any_kind});
}

}  // namespace burnish::ops
