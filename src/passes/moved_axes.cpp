#include "passes/moved_axes.h"

#include <algorithm>
#include <array>

#include "ops/axes.h"
#include "ops/concat.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "ops/transpose.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

bool is_view(const Node& node) { return node.op.has(Trait::view) and node.outputs.size() == 1 and not node.inputs.empty(); }

/// The one axis along which a Slice takes consecutive elements, all others whole.
struct Cut {
  size_t axis = 0;
  int64_t start = 0, count = 0;
};
std::optional<Cut> cut_of(const Graph& graph, const Node& slice) {
  std::array<std::vector<int64_t>, 4> lists;  // starts, ends, axes, steps
  for (size_t i = 1; i < slice.inputs.size() and i <= lists.size(); ++i) {
    if (not slice.inputs[i].valid()) continue;
    const auto list = integers(graph, slice.inputs[i]);
    if (not list) return {};
    lists[i - 1] = *list;
  }
  const Dims dims = graph.type(slice.inputs[0]).shape.dims();
  const auto ranges = ops::slice_ranges(dims, lists[0], lists[1], lists[2], lists[3]);
  std::optional<Cut> cut;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (ranges[axis].count == dims[axis] and (ranges[axis].step == 1 or dims[axis] == 1)) continue;
    if (cut or (ranges[axis].step != 1 and ranges[axis].count != 1)) return {};
    cut = Cut{axis, ranges[axis].start, ranges[axis].count};
  }
  return cut;
}

/// A Concat that puts the end of an axis before its beginning.
struct Roll {
  ValueId source;
  size_t axis = 0;
  int64_t shift = 0;  // element i comes from (i + shift) modulo the extent
  std::array<NodeId, 2> slices;
};
std::optional<Roll> roll_of(const Graph& graph, const Node& concat) {
  if (not concat.op.is<ops::Concat>() or concat.inputs.size() != 2) return {};
  const Node* end = made_by<ops::Slice>(graph, concat.inputs[0]);
  const Node* begin = made_by<ops::Slice>(graph, concat.inputs[1]);
  if (end == nullptr or begin == nullptr or end->inputs[0] != begin->inputs[0]) return {};
  if (only_user(graph, concat.inputs[0]) == nullptr or only_user(graph, concat.inputs[1]) == nullptr) return {};
  const auto last = cut_of(graph, *end), first = cut_of(graph, *begin);
  const Dims dims = graph.type(end->inputs[0]).shape.dims();
  const size_t axis = ops::normalized_axis(concat.op.as<ops::Concat>()->axis, dims.size());
  if (not last or not first or last->axis != axis or first->axis != axis) return {};
  if (first->start != 0 or last->start != first->count or last->start + last->count != dims[axis]) return {};
  return Roll{end->inputs[0], axis, last->start, {end->id, begin->id}};
}

std::vector<size_t> inverse(const std::vector<size_t>& order) {
  std::vector<size_t> made(order.size());
  for (size_t axis = 0; axis < order.size(); ++axis) made[order[axis]] = axis;
  return made;
}

bool uncut(const Graph& graph, AxisTracker& axes, const Node& node, ValueId value) {
  const Dims dims = graph.type(node.inputs[0]).shape.dims();
  if (const auto* split = node.op.as<ops::Split>()) {
    const size_t axis = ops::normalized_axis(split->axis, dims.size());
    int64_t start = 0;
    for (const ValueId output : node.outputs) {
      if (output == value) break;
      start += graph.type(output).shape[axis].value();
    }
    return axes.uncut(axis, start, dims[axis]);
  }
  const std::optional<Cut> cut = cut_of(graph, node);
  return cut and axes.uncut(cut->axis, cut->start, dims[cut->axis]);
}

}  // namespace

Moved moved_from(const Graph& graph, AxisTracker& axes, ValueId value) {
  const Node* node = graph.producer(value);
  if (node == nullptr or node->inputs.empty() or not node->inputs[0].valid()) return {};
  const Moved plain{node->inputs[0], {node->id}};
  if (not graph.type(plain.value).shape.is_static()) return {};
  if (is_view(*node)) return axes.regroup(graph.type(plain.value).shape.dims()) ? plain : Moved{};
  if (const auto* transpose = node->op.as<ops::Transpose>()) {
    axes.permute(inverse(ops::permutation(*transpose, graph.type(value).shape.rank())));
    return plain;
  }
  if (node->op.is<ops::Slice>() or node->op.is<ops::Split>()) return uncut(graph, axes, *node, value) ? plain : Moved{};
  if (const auto roll = roll_of(graph, *node)) {
    axes.roll(roll->axis, roll->shift);
    return {roll->source, {node->id, roll->slices[0], roll->slices[1]}};
  }
  return {};
}

Moved moved_to(const Graph& graph, AxisTracker& axes, ValueId value) {
  const Value& from = graph.value(value);
  if (from.output_uses > 0 or from.users.empty()) return {};
  if (const Node* node = only_user(graph, value); node != nullptr) {
    if (node->inputs[0] != value or node->outputs.size() != 1) return {};
    const Moved plain{node->outputs[0], {node->id}};
    if (is_view(*node)) return axes.regroup(graph.type(plain.value).shape.dims()) ? plain : Moved{};
    const auto* transpose = node->op.as<ops::Transpose>();
    if (transpose == nullptr) return {};
    axes.permute(ops::permutation(*transpose, from.type.shape.rank()));
    return plain;
  }
  if (from.users.size() != 2) return {};
  const Node& slice = graph.node(from.users[0]);
  const Node* concat = slice.outputs.size() == 1 ? only_user(graph, slice.outputs[0]) : nullptr;
  const auto roll = concat != nullptr ? roll_of(graph, *concat) : std::nullopt;
  if (not roll or roll->source != value or std::ranges::find(roll->slices, from.users[1]) == roll->slices.end()) return {};
  axes.roll(roll->axis, from.type.shape[roll->axis].value() - roll->shift);
  return {concat->outputs[0], {roll->slices[0], roll->slices[1], concat->id}};
}

}  // namespace burnish::passes
