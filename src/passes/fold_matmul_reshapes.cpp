// Flattened batches around products with weights.
#include "passes/fold_matmul_reshapes.h"

#include "ir/rewriter.h"
#include "ops/reshape.h"
#include "passes/linear_chain.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// Results of more axes (windows of an image) are cut for what follows, not restored.
constexpr size_t most_axes = 4;

/// The rows of a product as the result's axes have them: [lead..., depth] for the result [lead..., columns].
std::optional<ValueId> regrouped_rows(const Graph& graph, Patch& patch, const Node& flatten, const Shape& result) {
  const Shape& flat = graph.type(flatten.outputs[0]).shape;
  const Shape& source = graph.type(flatten.inputs[0]).shape;
  Shape rows = result;
  rows[rows.rank() - 1] = flat[flat.rank() - 1];
  if (rows.size() != flat.size()) return {};
  if (rows == source) return flatten.inputs[0];
  return add_reshape(patch, flatten.inputs[0], rows);
}

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Reshape>() or only_user(graph, node.inputs[0]) == nullptr) return {};
  const auto chain = linear_above(graph, node.inputs[0]);
  const Node* flatten = chain ? made_by<ops::Reshape>(graph, chain->product->inputs[0]) : nullptr;
  if (flatten == nullptr) return {};
  const Shape& flat = graph.type(node.inputs[0]).shape;
  const Shape& result_shape = graph.type(node.outputs[0]).shape;
  if (flat.rank() < 2 or result_shape.rank() < 2 or result_shape.rank() > most_axes or
      flat[flat.rank() - 1] != result_shape[result_shape.rank() - 1])
    return {};
  Patch patch(graph, FoldMatmulReshapes::name);
  const auto rows = regrouped_rows(graph, patch, *flatten, result_shape);
  if (not rows) return {};
  const ValueId result = repeated(patch, graph, *chain, *rows);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

}  // namespace

bool FoldMatmulReshapes::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
