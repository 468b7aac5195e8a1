// Parallel products: weights side by side along their output axis.
#include "passes/merge_parallel_matmuls.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/matmul.h"
#include "ops/matmul_shape.h"
#include "ops/pointwise.h"
#include "ops/split.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

struct Member {
  const Node* product = nullptr;
  const Node* sum = nullptr;  // the bias, where there is one
  std::vector<double> bias;
  int64_t columns = 0;
  ValueId result() const { return (sum != nullptr ? sum : product)->outputs[0]; }
};

Member member(const Graph& graph, const Node& product, const Linear& linear) {
  Member found{&product, nullptr, std::vector<double>(static_cast<size_t>(linear.channels)), linear.channels};
  const Node* sum = only_user(graph, product.outputs[0], ExprCode::add);
  const auto operand = sum != nullptr ? constant_operand(graph, *sum) : std::nullopt;
  if (not operand or graph.type(sum->outputs[0]) != graph.type(product.outputs[0])) return found;
  auto bias = along_axis(*operand->tensor, graph.type(product.outputs[0]).shape.rank(), linear.channel_axis, linear.channels);
  if (not bias) return found;
  found.sum = sum;
  found.bias = std::move(*bias);
  return found;
}

/// All products of the same input in the same way, in the order in which the graph lists them.
std::vector<Member> members(const Graph& graph, const Node& first, const Linear& linear) {
  std::vector<Member> found;
  for (const NodeId id : graph.value(first.inputs[0]).users) {
    const Node& node = graph.node(id);
    const auto other = node.op.is<ops::MatMul>() and node.op == first.op and node.inputs[0] == first.inputs[0]
                           ? linear_producer(graph, node.outputs[0])
                           : std::nullopt;
    if (not other or other->weights->dtype() != linear.weights->dtype()) continue;
    found.push_back(member(graph, node, *other));
  }
  return found;
}

std::optional<Patch> merge(const Graph& graph, const Node& node, int64_t row_limit) {
  const auto linear = node.op.is<ops::MatMul>() ? linear_producer(graph, node.outputs[0]) : std::nullopt;
  if (not linear or not ops::few_rows(graph.type(node.outputs[0]).shape, row_limit)) return {};
  const std::vector<Member> all = members(graph, node, *linear);
  if (all.size() < 2) return {};
  const DType dtype = linear->weights->dtype();
  std::vector<int64_t> sizes;
  std::vector<double> bias;
  std::vector<Tensor> weights;
  for (const Member& one : all) {
    sizes.push_back(one.columns);
    weights.push_back(*graph.constant(one.product->inputs[1]));
    bias.insert(bias.end(), one.bias.begin(), one.bias.end());
  }
  Patch patch(graph, MergeParallelMatmuls::name);
  ValueId whole = patch.add(node.op, {node.inputs[0], patch.constant(side_by_side(weights, linear->weight_axis))});
  if (std::ranges::any_of(all, [](const Member& one) { return one.sum != nullptr; }))
    whole = patch.add(ops::pointwise(ExprCode::add, {dtype, dtype}, dtype), {whole, patch.constant(vector_of(dtype, bias))});
  const ValueId first = patch.add(ops::Split{.axis = -1}, {whole, patch.constant(tensor_of(sizes))}, all.size());
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (patch.type(ValueId{first.index + i}) != graph.type(all[i].result())) return {};
    patch.replace(all[i].result(), ValueId{first.index + i});
  }
  return patch;
}

}  // namespace

bool MergeParallelMatmuls::run(Graph& graph) const {
  return rewrite(graph, [limit = row_limit](const Graph& all, const Node& node) { return merge(all, node, limit); });
}

}  // namespace burnish::passes
