// Permutations of axes: each rule removes at least one Transpose or makes it a view.
#include "passes/fold_transposes.h"

#include <algorithm>
#include <numeric>

#include "ir/rewriter.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "ops/reshape.h"
#include "ops/transpose.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

using Order = std::vector<size_t>;

Order order_of(const Graph& graph, const Node& node) {
  return ops::permutation(*node.op.as<ops::Transpose>(), graph.type(node.inputs[0]).shape.rank());
}

Op transpose_by(const Order& order) { return ops::Transpose{{order.begin(), order.end()}}; }

bool is_identity(const Order& order) { return std::ranges::is_sorted(order); }

/// What transposing by `first` and then by `second` does at once.
Order composed(const Order& first, const Order& second) {
  Order order(first.size());
  for (size_t axis = 0; axis < order.size(); ++axis) order[axis] = first[second[axis]];
  return order;
}

std::optional<Patch> join_chain(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Transpose>()) return {};
  const Node* inner = made_by<ops::Transpose>(graph, node.inputs[0]);
  if (inner == nullptr) return {};
  const Order order = composed(order_of(graph, *inner), order_of(graph, node));
  if (is_identity(order)) return forwarding(graph, FoldTransposes::name, node.outputs[0], inner->inputs[0]);
  Patch patch(graph, FoldTransposes::name);
  const ValueId joined = patch.add(transpose_by(order), {inner->inputs[0]});
  return replacing(std::move(patch), graph, node.outputs[0], joined);
}

/// Where axes larger than 1 keep their order, the elements stay in place.
std::optional<Patch> as_reshape(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Transpose>()) return {};
  const Shape& from = graph.type(node.inputs[0]).shape;
  Order moved = order_of(graph, node);
  std::erase_if(moved, [&](size_t axis) { return from[axis] == Dim(1); });
  if (not is_identity(moved)) return {};
  Patch patch(graph, FoldTransposes::name);
  const auto result = add_reshape(patch, node.inputs[0], graph.type(node.outputs[0]).shape);
  return result ? replacing(std::move(patch), graph, node.outputs[0], *result) : std::nullopt;
}

Shape with_swap(Shape shape) {
  std::swap(shape[shape.rank() - 2], shape[shape.rank() - 1]);
  return shape;
}

std::optional<ValueId> unswapped(const Graph& graph, Patch& patch, ValueId id, int depth = 6);

std::optional<ValueId> unswapped_transpose(const Graph& graph, Patch& patch, const Node& node) {
  Order order = order_of(graph, node);
  const size_t rank = order.size();
  if (rank < 2 or order[rank - 2] != rank - 1) return {};
  std::swap(order[rank - 2], order[rank - 1]);
  return is_identity(order) ? node.inputs[0] : patch.add(transpose_by(order), {node.inputs[0]});
}

/// A view that regroups only the axes before the last two.
std::optional<ValueId> unswapped_reshape(const Graph& graph, Patch& patch, const Node& node, int depth) {
  const Shape& from = graph.type(node.inputs[0]).shape;
  const Shape& to = graph.type(node.outputs[0]).shape;
  if (from.rank() < 2 or to.rank() < 2 or from[from.rank() - 1] != to[to.rank() - 1] or from[from.rank() - 2] != to[to.rank() - 2])
    return {};
  const auto inner = unswapped(graph, patch, node.inputs[0], depth - 1);
  return inner ? add_reshape(patch, *inner, with_swap(to)) : std::nullopt;
}

/// A step that treats all elements alike: one operand, the others single numbers.
std::optional<ValueId> unswapped_step(const Graph& graph, Patch& patch, const Node& node, int depth) {
  if (node.outputs.size() != 1) return {};
  std::vector<ValueId> inputs = node.inputs;
  ValueId* moving = nullptr;
  for (ValueId& input : inputs) {
    const Tensor* tensor = graph.constant(input);
    if (tensor != nullptr and tensor->size() == 1) continue;
    if (moving != nullptr) return {};
    moving = &input;
  }
  if (moving == nullptr or graph.type(*moving).shape != graph.type(node.outputs[0]).shape) return {};
  const auto inner = unswapped(graph, patch, *moving, depth - 1);
  if (not inner) return {};
  *moving = *inner;
  return patch.add(node.op, inputs);
}

/// The operand with its last two axes swapped, computed without the Transpose that swapped them.
std::optional<ValueId> unswapped(const Graph& graph, Patch& patch, ValueId id, int depth) {
  const Node* node = graph.producer(id);
  if (node == nullptr or depth == 0) return {};
  if (node->op.is<ops::Transpose>()) return unswapped_transpose(graph, patch, *node);
  if (only_user(graph, id) == nullptr) return {};
  if (node->op.is<ops::Reshape>()) return unswapped_reshape(graph, patch, *node, depth);
  return node->op.is<ops::Pointwise>() ? unswapped_step(graph, patch, *node, depth) : std::nullopt;
}

std::optional<Patch> into_matmul(const Graph& graph, const Node& node) {
  const auto* matmul = node.op.as<ops::MatMul>();
  if (matmul == nullptr) return {};
  Patch patch(graph, FoldTransposes::name);
  const std::optional<ValueId> a = unswapped(graph, patch, node.inputs[0]);
  const std::optional<ValueId> b = unswapped(graph, patch, node.inputs[1]);
  if (not a and not b) return {};
  const ops::MatMul absorbed{.transpose_a = matmul->transpose_a != a.has_value(), .transpose_b = matmul->transpose_b != b.has_value()};
  const ValueId result = patch.add(absorbed, {a.value_or(node.inputs[0]), b.value_or(node.inputs[1])});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

/// What an operand of a pointwise node becomes when the node runs before the Transpose instead of after it.
enum class Moved { gone, free, extra };

Moved moved_by(const Graph& graph, ValueId id, const Order& order) {
  if (graph.type(id).shape.size() == Dim(1) or graph.constant(id) != nullptr) return Moved::free;
  const Node* node = made_by<ops::Transpose>(graph, id);
  return node != nullptr and is_identity(composed(order_of(graph, *node), order)) ? Moved::gone : Moved::extra;
}

ValueId move_operand(const Graph& graph, Patch& patch, ValueId id, const Order& order) {
  if (moved_by(graph, id, order) == Moved::gone) return graph.producer(id)->inputs[0];
  const Shape& shape = graph.type(id).shape;
  if (shape.size() == Dim(1) and shape.rank() == 0) return id;
  ValueId full = id;
  if (shape.rank() < order.size()) {
    Shape padded;
    for (size_t axis = shape.rank(); axis < order.size(); ++axis) padded.push_back(1);
    for (const Dim& dim : shape) padded.push_back(dim);
    full = add_reshape(patch, id, padded).value_or(ValueId{});
  }
  return full.valid() ? patch.add(transpose_by(order), {full}) : full;
}

/// Transpose(pointwise(Transpose'(x), c)) -> pointwise(x, Transpose(c)), where the two permutations cancel.
std::optional<Patch> through_pointwise(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Transpose>()) return {};
  const Node* inner = made_by<ops::Pointwise>(graph, node.inputs[0]);
  if (inner == nullptr or inner->outputs.size() != 1 or not graph.single_use(node.inputs[0]) or graph.is_output(node.inputs[0])) return {};
  const Order order = order_of(graph, node);
  int64_t gained = 1;
  bool meets = false;
  for (const ValueId input : inner->inputs) {
    const Moved moved = moved_by(graph, input, order);
    meets |= moved == Moved::gone;
    gained += moved == Moved::gone and graph.single_use(input) ? 1 : 0;
    gained -= moved == Moved::extra ? 1 : 0;
  }
  if (not meets or gained <= 0) return {};
  Patch patch(graph, FoldTransposes::name);
  std::vector<ValueId> inputs;
  for (const ValueId input : inner->inputs) {
    inputs.push_back(move_operand(graph, patch, input, order));
    if (not inputs.back().valid()) return {};
  }
  const ValueId result = patch.add(inner->op, inputs);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

/// pointwise(Transpose(a), Transpose(b)) -> Transpose(pointwise(a, b)): two or more permutations of one kind become one.
std::optional<Patch> gather_below(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::Pointwise>() or node.inputs.size() < 2 or node.outputs.size() != 1) return {};
  std::optional<Order> order;
  std::vector<ValueId> inputs;
  size_t removed = 0;
  for (const ValueId input : node.inputs) {
    inputs.push_back(input);
    if (graph.type(input).shape.size() == Dim(1) and graph.type(input).shape.rank() == 0) continue;
    const Node* transpose = made_by<ops::Transpose>(graph, input);
    if (transpose == nullptr or only_user(graph, input) == nullptr) return {};
    const Order own = order_of(graph, *transpose);
    if (order and *order != own) return {};
    order = own;
    inputs.back() = transpose->inputs[0];
    ++removed;
  }
  if (removed < 2) return {};
  Patch patch(graph, FoldTransposes::name);
  const ValueId result = patch.add(transpose_by(*order), {patch.add(node.op, inputs)});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  for (const auto& rule : {join_chain, as_reshape, into_matmul, through_pointwise, gather_below})
    if (std::optional<Patch> patch = rule(graph, node)) return patch;
  return {};
}

}  // namespace

bool FoldTransposes::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
