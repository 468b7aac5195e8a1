// Flattened batches around products with weights.
#include "passes/fold_matmul_reshapes.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// Results of more axes (windows of an image) are cut for what follows, not restored.
constexpr size_t most_axes = 4;

/// The operand of a step whose other operands are constants along the last axis at most; invalid where it is no such step.
ValueId moving_operand(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Pointwise>() or node.outputs.size() != 1) return {};
  ValueId moving;
  for (const ValueId input : node.inputs) {
    const Tensor* tensor = graph.constant(input);
    const bool along_last = tensor != nullptr and (tensor->rank() <= 1 or tensor->size() == tensor->dim(tensor->rank() - 1));
    if (along_last and tensor->rank() <= graph.type(node.outputs[0]).shape.rank()) continue;
    if (moving.valid() and moving != input) return {};
    moving = input;
  }
  if (not moving.valid() or graph.type(moving).shape != graph.type(node.outputs[0]).shape) return {};
  return moving;
}

struct Chain {
  std::vector<const Node*> steps;  // from the last one up
  const Node* product = nullptr;
};

std::optional<Chain> chain_above(const Graph& graph, ValueId id) {
  Chain chain;
  for (int depth = 0; depth < 4; ++depth) {
    const Node* node = graph.producer(id);
    if (node == nullptr or only_user(graph, id) == nullptr) return {};
    if (node->op.is<ops::MatMul>()) {
      chain.product = node;
      return chain;
    }
    id = moving_operand(graph, *node);
    if (not id.valid()) return {};
    chain.steps.push_back(node);
  }
  return {};
}

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
  if (not node.op.is<ops::Reshape>()) return {};
  const auto chain = chain_above(graph, node.inputs[0]);
  if (not chain or chain->product->op.as<ops::MatMul>()->transpose_a) return {};
  const Node* flatten = made_by<ops::Reshape>(graph, chain->product->inputs[0]);
  if (flatten == nullptr or graph.type(chain->product->inputs[1]).shape.rank() != 2) return {};
  const Shape& flat = graph.type(node.inputs[0]).shape;
  const Shape& result_shape = graph.type(node.outputs[0]).shape;
  if (flat.rank() < 2 or result_shape.rank() < 2 or result_shape.rank() > most_axes or
      flat[flat.rank() - 1] != result_shape[result_shape.rank() - 1])
    return {};
  Patch patch(graph, FoldMatmulReshapes::name);
  const auto rows = regrouped_rows(graph, patch, *flatten, result_shape);
  if (not rows) return {};
  ValueId result = patch.add(chain->product->op, {*rows, chain->product->inputs[1]});
  for (auto step = chain->steps.rbegin(); step != chain->steps.rend(); ++step) {
    std::vector<ValueId> inputs = (*step)->inputs;
    std::ranges::replace(inputs, moving_operand(graph, **step), result);
    result = patch.add((*step)->op, inputs);
  }
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

}  // namespace

bool FoldMatmulReshapes::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
