#include "passes/rewrite_gathers.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/gather.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

std::optional<Patch> rewrite_one(const Graph& graph, const Node& node) {
  const auto* gather = node.op.as<ops::Gather>();
  if (gather == nullptr or graph.constant(node.inputs[0]) != nullptr) return {};
  const Tensor* index = graph.constant(node.inputs[1]);
  const Shape& data = graph.type(node.inputs[0]).shape;
  const Shape& made = graph.type(node.outputs[0]).shape;
  if (index == nullptr or index->size() != 1 or not data.is_static() or not made.is_static()) return {};
  const auto axis = static_cast<size_t>(gather->axis < 0 ? gather->axis + static_cast<int64_t>(data.rank()) : gather->axis);
  const int64_t extent = data[axis].value();
  int64_t at = index->integers().front();
  if (at < 0) at += extent;
  if (at < 0 or at >= extent) return {};
  Patch patch(graph, RewriteGathers::name);
  const auto list = [&](int64_t value) { return patch.constant(Tensor::of<int64_t>({1}, std::initializer_list<int64_t>{value})); };
  const ValueId slice = patch.add(ops::Slice{}, {node.inputs[0], list(at), list(at + 1), list(static_cast<int64_t>(axis)), list(1)});
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(ops::Reshape{}, {slice, patch.constant(tensor_of(made.dims()))}));
}

/// An operand of a Pointwise over a table that holds something for each row, not the same for all.
bool has_rows(const TensorType& operand, const TensorType& table) {
  return operand.shape.rank() == table.shape.rank() and operand.shape[0] == table.shape[0];
}

/// The value is a constant table, perhaps with numbers applied to it: a type change, a scale of the whole or of each row.
bool is_table(const Graph& graph, ValueId id) {
  if (graph.constant(id) != nullptr) return true;
  const Node* made = graph.only_producer(id);
  if (made == nullptr or not made->op.is<ops::Pointwise>() or made->outputs.size() != 1) return false;
  return std::ranges::all_of(made->inputs,
                             [&](ValueId input) { return not has_rows(graph.type(input), graph.type(id)) or is_table(graph, input); });
}

/// Rows of a table that is converted or scaled as a whole: the rows alone need that.
std::optional<Patch> gather_first(const Graph& graph, const Node& node) {
  const auto* gather = node.op.as<ops::Gather>();
  if (gather == nullptr or gather->axis != 0 or graph.constant(node.inputs[0]) != nullptr) return {};
  const TensorType& type = graph.type(node.inputs[0]);
  if (type.shape.rank() == 0 or type.shape[0].constant().value_or(0) <= 1 or not is_table(graph, node.inputs[0])) return {};
  const Node& table = *graph.producer(node.inputs[0]);
  Patch patch(graph, RewriteGathers::name);
  std::vector<ValueId> inputs = table.inputs;
  for (ValueId& input : inputs)
    if (has_rows(graph.type(input), type)) input = patch.add(node.op, {input, node.inputs[1]});
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(table.op, std::move(inputs)));
}

}  // namespace

bool RewriteGathers::run(Graph& graph) const {
  const bool rewritten = rewrite(graph, rewrite_one);
  return rewrite(graph, gather_first) or rewritten;
}

}  // namespace burnish::passes
