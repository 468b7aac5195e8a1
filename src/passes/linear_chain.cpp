#include "passes/linear_chain.h"

#include <algorithm>

#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "passes/match.h"

namespace burnish::passes {

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

std::optional<LinearChain> linear_above(const Graph& graph, ValueId id) {
  LinearChain chain;
  for (int depth = 0; depth < 4; ++depth) {
    const Node* node = graph.producer(id);
    if (node == nullptr or (depth > 0 and only_user(graph, id) == nullptr)) return {};
    if (const auto* product = node->op.as<ops::MatMul>()) {
      if (product->transpose_a or graph.type(node->inputs[1]).shape.rank() != 2) return {};
      chain.product = node;
      std::ranges::reverse(chain.steps);
      return chain;
    }
    id = moving_operand(graph, *node);
    if (not id.valid()) return {};
    chain.steps.push_back(node);
  }
  return {};
}

ValueId repeated(Patch& patch, const Graph& graph, const LinearChain& chain, ValueId rows) {
  ValueId result = patch.add(chain.product->op, {rows, chain.product->inputs[1]});
  for (const Node* step : chain.steps) {
    std::vector<ValueId> inputs = step->inputs;
    std::ranges::replace(inputs, moving_operand(graph, *step), result);
    result = patch.add(step->op, inputs);
  }
  return result;
}

}  // namespace burnish::passes
