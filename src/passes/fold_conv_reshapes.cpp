#include "passes/fold_conv_reshapes.h"

#include "ir/rewriter.h"
#include "ops/conv.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

Shape without(const Shape& shape, size_t axis) { return shape.replaced(axis, 1, {}); }

/// The axis of [N,C,d,d] that the shape behind does not have, where everything else is the same.
std::optional<size_t> dropped_axis(const Shape& shape, const Shape& behind) {
  if (shape.rank() != 4 or behind.rank() != 3) return {};
  for (const size_t axis : {3U, 2U})
    if (shape[axis].constant() == 1 and without(shape, axis) == behind) return axis;
  return {};
}

/// Whether the window does nothing along this axis.
bool is_idle(const ops::Window& window, size_t spatial) {
  return window.kernel[spatial] == 1 and window.pads[spatial] == 0 and window.pads[spatial + window.kernel.size()] == 0;
}

ops::Conv narrowed(ops::Conv conv, const ops::Window& window, size_t spatial) {
  const auto at = [&](size_t index) { return static_cast<std::ptrdiff_t>(index); };
  conv.auto_pad = ops::AutoPad::explicit_pads;
  conv.strides = window.strides;
  conv.dilations = window.dilations;
  conv.pads = window.pads;
  conv.strides.erase(conv.strides.begin() + at(spatial));
  conv.dilations.erase(conv.dilations.begin() + at(spatial));
  conv.pads.erase(conv.pads.begin() + at(spatial + window.kernel.size()));
  conv.pads.erase(conv.pads.begin() + at(spatial));
  return conv;
}

/// The value without its axis of size 1; a Transpose above stays one, of the axes that are left.
std::optional<ValueId> squeezed(const Graph& graph, Patch& patch, ValueId value, size_t axis) {
  const Node* above = made_by<ops::Transpose>(graph, value);
  if (above == nullptr or not graph.single_use(value)) return add_reshape(patch, value, without(graph.type(value).shape, axis));
  const Shape& source = graph.type(above->inputs[0]).shape;
  const std::vector<size_t> order = ops::permutation(*above->op.as<ops::Transpose>(), source.rank());
  const auto before = add_reshape(patch, above->inputs[0], without(source, order[axis]));
  if (not before) return {};
  ops::Transpose left;
  for (size_t i = 0; i < order.size(); ++i)
    if (i != axis) left.perm.push_back(static_cast<int64_t>(order[i] > order[axis] ? order[i] - 1 : order[i]));
  return patch.add(left, {*before});
}

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  const Node* conv = node.op.is<ops::Reshape>() ? made_by<ops::Conv>(graph, node.inputs[0]) : nullptr;
  if (conv == nullptr or not graph.single_use(node.inputs[0])) return {};
  const Shape& source = graph.type(conv->inputs[0]).shape;
  const Shape& weights = graph.type(conv->inputs[1]).shape;
  const Shape& behind = graph.type(node.outputs[0]).shape;
  const auto axis = dropped_axis(graph.type(node.inputs[0]).shape, behind);
  if (not axis or source[*axis].constant() != 1 or weights[*axis].constant() != 1 or not weights.is_static()) return {};
  const auto& op = *conv->op.as<ops::Conv>();
  if (op.auto_pad != ops::AutoPad::explicit_pads and not source.is_static()) return {};
  const ops::Window window = ops::window_of(op, source, weights);
  if (not is_idle(window, *axis - 2)) return {};
  Patch patch(graph, FoldConvReshapes::name);
  const auto x = squeezed(graph, patch, conv->inputs[0], *axis);
  const auto w = add_reshape(patch, conv->inputs[1], without(weights, *axis));
  if (not x or not w) return {};
  std::vector<ValueId> inputs{*x, *w};
  inputs.insert(inputs.end(), conv->inputs.begin() + 2, conv->inputs.end());
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(narrowed(op, window, *axis - 2), std::move(inputs)));
}

}  // namespace

bool FoldConvReshapes::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
