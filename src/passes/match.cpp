// The questions rules ask, answered from the graph alone.
#include "passes/match.h"

#include <algorithm>
#include <cmath>

#include "ops/pointwise.h"
#include "ops/reshape.h"

namespace burnish::passes {

bool is_code(const Node& node, ExprCode code) { return ops::single_code(node.op) == code; }

const Node* made_by(const Graph& graph, ValueId id, ExprCode code) {
  const Node* node = graph.producer(id);
  return node != nullptr and is_code(*node, code) ? node : nullptr;
}

const Node* only_user(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (value.output_uses > 0 or value.users.empty()) return nullptr;
  const NodeId first = value.users.front();
  const bool alone = std::ranges::all_of(value.users, [&](NodeId user) { return user == first; });
  return alone ? &graph.node(first) : nullptr;
}

const Node* only_user(const Graph& graph, ValueId id, ExprCode code) {
  const Node* node = only_user(graph, id);
  return node != nullptr and is_code(*node, code) ? node : nullptr;
}

std::optional<double> uniform(const Tensor& tensor) {
  if (tensor.size() == 0 or tensor.dtype() == DType::string or is_complex(tensor.dtype())) return {};
  const size_t bytes = byte_size(tensor.dtype());
  for (int64_t i = 1; i < tensor.size(); ++i)
    if (not std::equal(tensor.data(), tensor.data() + bytes, tensor.data() + static_cast<size_t>(i) * bytes)) return {};
  return tensor.number(0);
}

std::optional<double> uniform(const Graph& graph, ValueId id) {
  const Tensor* tensor = id.valid() ? graph.constant(id) : nullptr;
  return tensor != nullptr ? uniform(*tensor) : std::nullopt;
}

bool nearly(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b)); }

bool is_number(const Graph& graph, ValueId id, double number) {
  const std::optional<double> found = uniform(graph, id);
  return found and nearly(*found, number);
}

std::optional<std::vector<int64_t>> integers(const Graph& graph, ValueId id) {
  const Tensor* tensor = id.valid() ? graph.constant(id) : nullptr;
  if (tensor == nullptr or not is_integer(tensor->dtype())) return {};
  return tensor->integers();
}

std::optional<ConstantOperand> constant_operand(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 2 or not ops::single_code(node.op)) return {};
  const Tensor* first = graph.constant(node.inputs[0]);
  const Tensor* second = graph.constant(node.inputs[1]);
  if ((first == nullptr) == (second == nullptr)) return {};
  if (first != nullptr) return ConstantOperand{node.inputs[1], node.inputs[0], first, true};
  return ConstantOperand{node.inputs[0], node.inputs[1], second, false};
}

std::optional<std::pair<ValueId, double>> with_number(const Graph& graph, const Node* node, ExprCode code) {
  if (node == nullptr or not is_code(*node, code)) return {};
  const std::optional<ConstantOperand> operand = constant_operand(graph, *node);
  if (not operand) return {};
  const bool ordered = code == ExprCode::sub or code == ExprCode::div or code == ExprCode::pow;
  if (ordered and operand->constant_first) return {};
  const std::optional<double> number = uniform(*operand->tensor);
  if (not number) return {};
  return std::pair{operand->other, *number};
}

bool interchangeable(const Graph& graph, ValueId from, ValueId to) {
  const Value& old_value = graph.value(from);
  const Value& new_value = graph.value(to);
  if (old_value.type != new_value.type) return false;
  return old_value.output_uses == 0 or (not new_value.is_input and not new_value.constant and new_value.output_uses == 0);
}

std::optional<Patch> forwarding(const Graph& graph, std::string_view rule, ValueId from, ValueId to) {
  if (not interchangeable(graph, from, to)) return {};
  Patch patch(graph, rule);
  patch.replace(from, to);
  return patch;
}

std::optional<Patch> replacing(Patch&& patch, const Graph& graph, ValueId from, ValueId to) {
  if (patch.type(to) != graph.type(from)) return {};
  std::optional<Patch> made(std::move(patch));
  made->replace(from, to);
  return made;
}

std::optional<std::vector<int64_t>> reshape_target(const Shape& from, const Shape& to) {
  std::vector<int64_t> target;
  bool inferred = false;
  bool empty = false;
  for (size_t axis = 0; axis < to.rank(); ++axis) {
    if (to[axis].is_constant()) {
      empty |= to[axis].value() == 0;
      target.push_back(to[axis].value());
    } else if (axis < from.rank() and from[axis] == to[axis]) {
      target.push_back(0);
    } else if (not inferred) {
      inferred = true;
      target.push_back(-1);
    } else {
      return {};
    }
  }
  if (empty) return {};
  return target;
}

Tensor tensor_of(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values));
}

std::optional<ValueId> add_reshape(Patch& patch, ValueId data, const Shape& to) {
  const std::optional<std::vector<int64_t>> target = reshape_target(patch.type(data).shape, to);
  if (not target) return {};
  const ValueId result = patch.add(ops::Reshape{}, {data, patch.constant(tensor_of(*target))});
  return patch.type(result).shape == to ? std::optional(result) : std::nullopt;
}

}  // namespace burnish::passes
