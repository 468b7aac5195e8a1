// Parallel 1x1 convolutions: weights and biases one after the other along the output channels.
#include "passes/merge_parallel_convs.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/conv.h"
#include "ops/split.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

bool is_pointwise_kernel(const Tensor& weights) {
  return weights.rank() >= 3 and std::all_of(weights.dims().begin() + 2, weights.dims().end(), [](int64_t extent) { return extent == 1; });
}

/// A convolution that may be merged: ungrouped, 1x1, weights and bias constant.
bool is_candidate(const Graph& graph, const Node& node) {
  const auto* conv = node.op.as<ops::Conv>();
  if (conv == nullptr or conv->group != 1) return false;
  const auto linear = linear_producer(graph, node.outputs[0]);
  if (not linear or not is_pointwise_kernel(*linear->weights)) return false;
  return node.inputs.size() < 3 or not node.inputs[2].valid() or graph.constant(node.inputs[2]) != nullptr;
}

std::vector<const Node*> members(const Graph& graph, const Node& first) {
  std::vector<const Node*> found;
  for (const NodeId id : graph.value(first.inputs[0]).users) {
    const Node& node = graph.node(id);
    if (node.op == first.op and node.inputs[0] == first.inputs[0] and is_candidate(graph, node)) found.push_back(&node);
  }
  return found;
}

std::vector<double> bias_of(const Graph& graph, const Node& node, int64_t channels) {
  const bool has_bias = node.inputs.size() > 2 and node.inputs[2].valid();
  return has_bias ? numbers(*graph.constant(node.inputs[2])) : std::vector<double>(static_cast<size_t>(channels));
}

std::optional<Patch> merge(const Graph& graph, const Node& node) {
  if (not is_candidate(graph, node)) return {};
  const std::vector<const Node*> all = members(graph, node);
  if (all.size() < 2) return {};
  const DType dtype = graph.type(node.inputs[1]).dtype;
  std::vector<int64_t> sizes;
  std::vector<double> bias;
  std::vector<double> weights;
  Dims dims = graph.constant(node.inputs[1])->dims();
  dims[0] = 0;
  for (const Node* one : all) {
    const Tensor& part = *graph.constant(one->inputs[1]);
    if (part.dtype() != dtype) return {};
    const std::vector<double> own = bias_of(graph, *one, part.dim(0));
    const std::vector<double> values = numbers(part);
    sizes.push_back(part.dim(0));
    dims[0] += part.dim(0);
    bias.insert(bias.end(), own.begin(), own.end());
    weights.insert(weights.end(), values.begin(), values.end());
  }
  Patch patch(graph, MergeParallelConvs::name);
  const ValueId whole = patch.add(
      node.op, {node.inputs[0], patch.constant(vector_of(dtype, weights).reshaped(dims)), patch.constant(vector_of(dtype, bias))});
  const ValueId first = patch.add(ops::Split{.axis = 1}, {whole, patch.constant(tensor_of(sizes))}, all.size());
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (patch.type(ValueId{first.index + i}) != graph.type(all[i]->outputs[0])) return {};
    patch.replace(all[i]->outputs[0], ValueId{first.index + i});
  }
  return patch;
}

}  // namespace

bool MergeParallelConvs::run(Graph& graph) const { return rewrite(graph, merge); }

}  // namespace burnish::passes
