#include "passes/rewrite_gathers.h"

#include "ir/rewriter.h"
#include "ops/gather.h"
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

}  // namespace

bool RewriteGathers::run(Graph& graph) const { return rewrite(graph, rewrite_one); }

}  // namespace burnish::passes
