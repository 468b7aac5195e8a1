// Impossible: types without values.
#include "ops/impossible.h"

#include "base/error.h"
#include "ops/containers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Impossible& op, InferContext& context) {
  context.expect_inputs(0, 0);
  if (op.types.size() != context.output_count()) fail("{} types are given for {} results", op.types.size(), context.output_count());
  for (size_t i = 0; i < op.types.size(); ++i) context.output(i, with_fresh_sizes(context, TensorType::parse(op.types[i])));
}

void reference(const Impossible& op, EvalContext&) { fail("this branch cannot run: {}", op.reason); }

}  // namespace

Graph impossible_body(const Graph& like, std::string reason) {
  Graph body;
  body.name = like.name;
  Impossible op{.reason = std::move(reason), .types = {}};
  for (const ValueId output : like.outputs()) op.types.push_back(like.type(output).text());
  const NodeId node = body.add_node(std::move(op), {}, like.outputs().size());
  for (const ValueId output : body.node(node).outputs) body.add_output(output);
  return body;
}

bool is_impossible(const Graph& body) {
  if (body.outputs().empty()) return false;
  const Node* producer = body.producer(body.outputs()[0]);
  return producer != nullptr and producer->op.is<Impossible>();
}

void register_impossible(Registry& registry) {
  registry.add<Impossible>(
      {.name = "Impossible", .infer = infer, .reference = reference, .onnx = {}, .traits = Trait::random | Trait::any_kind});
}

}  // namespace burnish::ops
