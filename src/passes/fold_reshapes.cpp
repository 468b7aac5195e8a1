// Chains of views. A view only renames axes, so the last one alone decides the shape.
#include "passes/fold_reshapes.h"

#include "ir/rewriter.h"
#include "ops/identity.h"
#include "ops/reshape.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

bool is_view(const Node& node) { return node.op.has(Trait::view) and node.outputs.size() == 1 and not node.inputs.empty(); }

bool is_canonical(const Graph& graph, const Node& node) { return node.op.is<ops::Reshape>() and graph.constant(node.inputs[1]) != nullptr; }

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  if (not is_view(node)) return {};
  ValueId source = node.inputs[0];
  bool chained = false;
  for (const Node* inner = graph.producer(source); inner != nullptr and is_view(*inner); inner = graph.producer(source)) {
    source = inner->inputs[0];
    chained = true;
  }
  if (not chained and (is_canonical(graph, node) or node.op.is<ops::Identity>())) return {};
  if (interchangeable(graph, node.outputs[0], source)) return forwarding(graph, FoldReshapes::name, node.outputs[0], source);
  // Without the chain's start the target may need more symbols than a constant can name; then only this view is rewritten.
  for (const ValueId from : {source, node.inputs[0]}) {
    if (from == node.inputs[0] and is_canonical(graph, node)) return {};
    Patch patch(graph, FoldReshapes::name);
    const auto result = add_reshape(patch, from, graph.type(node.outputs[0]).shape);
    if (result) return replacing(std::move(patch), graph, node.outputs[0], *result);
  }
  return {};
}

}  // namespace

bool FoldReshapes::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
