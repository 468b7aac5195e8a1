// One convolution for each part of a Split.
#include "passes/split_quantized_products.h"

#include <algorithm>
#include <cstring>

#include "ir/rewriter.h"
#include "ops/axes.h"
#include "ops/pointwise.h"
#include "ops/quantize.h"
#include "ops/quantized.h"
#include "ops/split.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

using Index = ops::QuantizedOperand::Index;

/// Elements [first, first + count) along axis 0; the whole where it is one element for all.
Tensor rows_of(const Tensor& tensor, int64_t first, int64_t count) {
  if (tensor.size() == 1) return tensor;
  Dims dims = tensor.dims();
  const size_t row = tensor.bytes() / static_cast<size_t>(dims[0]);
  dims[0] = count;
  Tensor rows = Tensor::uninitialized(tensor.dtype(), dims);
  std::memcpy(rows.mutable_data(), tensor.data() + static_cast<size_t>(first) * row, rows.bytes());
  return rows;
}

struct Source {
  const Node* conv = nullptr;
  const Node* activation = nullptr;  // nullptr where there is none
};

/// What computes `value`, where nobody else reads it or what leads to it.
std::optional<Source> source_of(const Graph& graph, ValueId value) {
  const Node* node = graph.only_producer(value);
  if (node == nullptr) return {};
  Source source{node};
  if (ops::single_code(node->op) and node->inputs.size() == 1) source = {graph.only_producer(node->inputs[0]), node};
  const auto* conv = source.conv != nullptr ? source.conv->op.as<ops::QuantizedConv>() : nullptr;
  if (conv == nullptr or conv->group != 1) return {};
  for (size_t i = Index::w; i < source.conv->inputs.size(); ++i)
    if (i != Index::zero_point and source.conv->inputs[i].valid() and graph.constant(source.conv->inputs[i]) == nullptr) return {};
  return source;
}

bool is_quantized(const Graph& graph, ValueId value) {
  const std::vector<NodeId>& users = graph.value(value).users;
  return std::ranges::any_of(users, [&](NodeId user) { return graph.node(user).op.is<ops::QuantizeLinear>(); });
}

std::optional<Patch> cut(const Graph& graph, const Node& node) {
  const auto* split = node.op.as<ops::Split>();
  if (split == nullptr or ops::normalized_axis(split->axis, graph.type(node.inputs[0]).shape.rank()) != 1) return {};
  const auto source = source_of(graph, node.inputs[0]);
  if (not source) return {};
  Patch patch(graph, SplitQuantizedProducts::name);
  int64_t first = 0;
  for (const ValueId output : node.outputs) {
    const Dim channels = graph.type(output).shape[1];
    if (not channels.is_constant() or not is_quantized(graph, output)) return {};
    std::vector<ValueId> inputs = source->conv->inputs;
    for (const size_t i : {Index::w, Index::scale, Index::bias})
      if (i < inputs.size() and inputs[i].valid()) inputs[i] = patch.constant(rows_of(*graph.constant(inputs[i]), first, channels.value()));
    ValueId part = patch.add(source->conv->op, inputs);
    if (source->activation != nullptr) part = patch.add(source->activation->op, {part});
    if (patch.type(part) != graph.type(output)) return {};
    patch.replace(output, part);
    first += channels.value();
  }
  return patch;
}

}  // namespace

bool SplitQuantizedProducts::run(Graph& graph) const { return rewrite(graph, cut); }

}  // namespace burnish::passes
