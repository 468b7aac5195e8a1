// Shape arithmetic disappears: what inference knows needs no computing.
#include "passes/fold_shapes.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/expand.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

std::optional<Tensor> known(const Value& value) {
  if (not value.values or value.constant or not value.producer.valid()) return {};
  if (value.users.empty() and value.output_uses == 0) return {};
  if (not is_integer(value.type.dtype) or not value.type.shape.is_static()) return {};
  const Dims dims = value.type.shape.dims();
  if (element_count(dims) != static_cast<int64_t>(value.values->size())) return {};
  if (not std::ranges::all_of(*value.values, [](const Dim& dim) { return dim.is_constant(); })) return {};
  Tensor tensor(value.type.dtype, dims);
  for (size_t i = 0; i < value.values->size(); ++i) tensor.set_integer(static_cast<int64_t>(i), (*value.values)[i].value());
  return tensor;
}

/// Expand(x, [N, 4]) of x [N, 1] is Expand(x, [1, 4]): an axis that keeps its size need not be named.
std::optional<Patch> expand_without_symbols(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Expand>() or graph.constant(node.inputs[1]) != nullptr) return {};
  const Shape& from = graph.type(node.inputs[0]).shape;
  const Shape& to = graph.type(node.outputs[0]).shape;
  std::vector<int64_t> target;
  for (size_t axis = 0; axis < to.rank(); ++axis) {
    const size_t added = to.rank() - from.rank();
    if (axis >= added and from[axis - added] == to[axis]) target.push_back(1);
    else if (to[axis].is_constant()) target.push_back(to[axis].value());
    else return {};
  }
  Patch patch(graph, FoldShapes::name);
  const ValueId result = patch.add(node.op, {node.inputs[0], patch.constant(tensor_of(target))});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

}  // namespace

bool FoldShapes::run(Graph& graph) const {
  bool changed = false;
  const auto count = static_cast<uint32_t>(graph.value_count());
  for (uint32_t i = 0; i < count; ++i) {
    std::optional<Tensor> tensor = known(graph.value(ValueId{i}));
    if (not tensor) continue;
    graph.replace_uses(ValueId{i}, graph.add_constant(std::move(*tensor)));
    changed = true;
  }
  return rewrite(graph, expand_without_symbols) or changed;
}

}  // namespace burnish::passes
