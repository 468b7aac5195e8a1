#include "passes/remove_sequences.h"

#include "ir/rewriter.h"
#include "ops/concat.h"
#include "ops/sequences.h"
#include "ops/split.h"
#include "ops/squeeze.h"
#include "ops/unsqueeze.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

constexpr size_t most_tensors = 1024;

using Tensors = std::vector<ValueId>;

/// The place that a constant position means; nothing where it is not constant or outside.
std::optional<size_t> place(const Graph& graph, ValueId position, size_t count, bool last) {
  const Tensor* tensor = graph.constant(position);
  if (tensor == nullptr or tensor->size() != 1) return {};
  const int64_t at = tensor->integers().front();
  const auto length = static_cast<int64_t>(count);
  if (at < -length or at >= length + (last ? 1 : 0)) return {};
  return static_cast<size_t>(at < 0 ? at + length : at);
}

/// The tensors of a sequence where each is known. Looks one node back: whoever makes a sequence of a known one becomes a SequenceConstruct itself.
std::optional<Tensors> tensors_of(const Graph& graph, ValueId sequence) {
  const Node* node = graph.producer(sequence);
  if (node == nullptr) return {};
  if (node->op.is<ops::SequenceEmpty>()) return Tensors{};
  if (node->op.is<ops::SequenceConstruct>()) return node->inputs;
  return {};
}

std::optional<Tensors> inserted(const Graph& graph, const Node& node) {
  std::optional<Tensors> before = tensors_of(graph, node.inputs[0]);
  if (not before or before->size() >= most_tensors) return {};
  const bool at_end = node.inputs.size() < 3 or not node.inputs[2].valid();
  const auto at = at_end ? before->size() : place(graph, node.inputs[2], before->size(), true);
  if (not at) return {};
  before->insert(before->begin() + static_cast<std::ptrdiff_t>(*at), node.inputs[1]);
  return before;
}

std::optional<Tensors> erased(const Graph& graph, const Node& node) {
  std::optional<Tensors> before = tensors_of(graph, node.inputs[0]);
  if (not before or before->empty()) return {};
  const bool at_end = node.inputs.size() < 2 or not node.inputs[1].valid();
  const auto at = at_end ? before->size() - 1 : place(graph, node.inputs[1], before->size(), false);
  if (not at) return {};
  before->erase(before->begin() + static_cast<std::ptrdiff_t>(*at));
  return before;
}

/// A patch that puts `to` in the place of `from`, which may know less of its sizes.
Patch replaced(Patch&& patch, ValueId from, ValueId to) {
  Patch made(std::move(patch));
  made.replace(from, to);
  return made;
}

bool has_sizes(const Node& node) { return node.inputs.size() > 1 and node.inputs[1].valid(); }

/// The parts' sizes where they are known.
std::optional<std::vector<int64_t>> part_sizes(const Graph& graph, const Node& node, const Dim& extent) {
  if (not extent.is_constant()) return {};
  const int64_t size = extent.value();
  if (not has_sizes(node)) {
    if (size > static_cast<int64_t>(most_tensors)) return {};
    return std::vector<int64_t>(static_cast<size_t>(size), 1);
  }
  const Tensor* given = graph.constant(node.inputs[1]);
  if (given == nullptr) return {};
  if (given->rank() == 1) return given->integers();
  const int64_t each = given->integers().front();
  if (each < 1 or size / each >= static_cast<int64_t>(most_tensors)) return {};
  std::vector<int64_t> sizes(static_cast<size_t>(size / each), each);
  if (size % each != 0) sizes.push_back(size % each);
  return sizes;
}

std::optional<Patch> split(const Graph& graph, const Node& node, const ops::SplitToSequence& op) {
  const Shape& data = graph.type(node.inputs[0]).shape;
  const auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + static_cast<int64_t>(data.rank()) : op.axis);
  const auto sizes = part_sizes(graph, node, data[axis]);
  if (not sizes or sizes->empty() or sizes->size() > most_tensors) return {};
  int64_t sum = 0;
  for (const int64_t size : *sizes)
    if (size < 0 or __builtin_add_overflow(sum, size, &sum)) return {};
  if (sum != data[axis].constant().value_or(-1)) return {};  // an error, which running it reports
  Patch patch(graph, RemoveSequences::name);
  const bool drop_axis = not has_sizes(node) and not op.keep_dims;
  const ValueId listed = patch.constant(tensor_of(*sizes));
  const ValueId first = patch.add(ops::Split{.axis = static_cast<int64_t>(axis)}, {node.inputs[0], listed}, sizes->size());
  Tensors parts;
  for (uint32_t i = 0; i < sizes->size(); ++i) parts.push_back({first.index + i});
  const ValueId axes = patch.constant(tensor_of({static_cast<int64_t>(axis)}));
  if (drop_axis)
    for (ValueId& part : parts) part = patch.add(ops::Squeeze{}, {part, axes});
  const ValueId made = patch.add(ops::SequenceConstruct{}, parts);
  return replaced(std::move(patch), node.outputs[0], made);
}

std::optional<Patch> join(const Graph& graph, const Node& node, const ops::ConcatFromSequence& op) {
  std::optional<Tensors> tensors = tensors_of(graph, node.inputs[0]);
  if (not tensors or tensors->empty()) return {};
  const size_t rank = graph.type(tensors->front()).shape.rank();
  for (const ValueId tensor : *tensors)
    if (not graph.type(tensor).is_plain() or graph.type(tensor).shape.rank() != rank) return {};
  const auto axis = op.axis < 0 ? op.axis + static_cast<int64_t>(rank) + (op.new_axis ? 1 : 0) : op.axis;
  Patch patch(graph, RemoveSequences::name);
  if (op.new_axis)
    for (ValueId& tensor : *tensors) tensor = patch.add(ops::Unsqueeze{}, {tensor, patch.constant(tensor_of({axis}))});
  const ValueId made = patch.add(ops::Concat{.axis = axis}, *tensors);
  return replaced(std::move(patch), node.outputs[0], made);
}

/// A sequence made of a known one becomes one that names its tensors.
std::optional<Patch> construct(const Graph& graph, const Node& node, const std::optional<Tensors>& tensors) {
  if (not tensors or tensors->empty()) return {};
  Patch patch(graph, RemoveSequences::name);
  const ValueId made = patch.add(ops::SequenceConstruct{}, *tensors);
  return replaced(std::move(patch), node.outputs[0], made);
}

std::optional<Patch> remove_one(const Graph& graph, const Node& node) {
  if (const auto* op = node.op.as<ops::SplitToSequence>()) return split(graph, node, *op);
  if (const auto* op = node.op.as<ops::ConcatFromSequence>()) return join(graph, node, *op);
  if (node.op.is<ops::SequenceInsert>()) return construct(graph, node, inserted(graph, node));
  if (node.op.is<ops::SequenceErase>()) return construct(graph, node, erased(graph, node));
  if (not node.op.is<ops::SequenceAt>() and not node.op.is<ops::SequenceLength>()) return {};
  const std::optional<Tensors> tensors = tensors_of(graph, node.inputs[0]);
  if (not tensors) return {};
  Patch patch(graph, RemoveSequences::name);
  if (node.op.is<ops::SequenceLength>()) {
    const auto count = static_cast<int64_t>(tensors->size());
    const ValueId made = patch.constant(Tensor::of<int64_t>({}, {count}));
    return replaced(std::move(patch), node.outputs[0], made);
  }
  const auto at = place(graph, node.inputs[1], tensors->size(), false);
  if (not at) return {};
  return replaced(std::move(patch), node.outputs[0], (*tensors)[*at]);
}

}  // namespace

bool RemoveSequences::run(Graph& graph) const {
  const bool changed = rewrite(graph, remove_one);
  if (changed) graph.infer_again();  // the tensors' own sizes say more than their sequence's
  return changed;
}

}  // namespace burnish::passes
