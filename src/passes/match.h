// Small questions that rules ask of a graph: who made this value, is that operand a constant, may this value stand for that one.
// Used by every pass of this room. They look and never change anything.
#pragma once

#include <optional>
#include <string_view>

#include "ir/expr.h"
#include "ir/graph.h"
#include "ir/patch.h"

namespace burnish::passes {

/// The node is a single pointwise step of this code over all its inputs in order.
bool is_code(const Node& node, ExprCode code);

/// The node that computes `id`, where it is a single step of this code; nullptr otherwise.
const Node* made_by(const Graph& graph, ValueId id, ExprCode code);
/// The node that computes `id`, where its operator is a T; nullptr otherwise.
template <class T>
const Node* made_by(const Graph& graph, ValueId id) {
  const Node* node = graph.producer(id);
  return node != nullptr and node->op.is<T>() ? node : nullptr;
}

/// The one node that reads `id`, once or more, where `id` is no graph output; nullptr otherwise.
const Node* only_user(const Graph& graph, ValueId id);
/// The only user, where it is a single step of this code.
const Node* only_user(const Graph& graph, ValueId id, ExprCode code);

/// The number that every element of a constant holds; nothing where it is no constant, empty, or of several numbers.
std::optional<double> uniform(const Graph& graph, ValueId id);
std::optional<double> uniform(const Tensor& tensor);
/// `uniform`, where the number is this one up to the rounding of a float.
bool is_number(const Graph& graph, ValueId id, double number);
bool nearly(double a, double b);

/// The integers of a constant.
std::optional<std::vector<int64_t>> integers(const Graph& graph, ValueId id);

/// A step over two operands of which exactly one is a constant.
struct ConstantOperand {
  ValueId other;
  ValueId constant;
  const Tensor* tensor = nullptr;
  bool constant_first = false;
};
std::optional<ConstantOperand> constant_operand(const Graph& graph, const Node& node);
/// As above with a uniform constant, for `node` a step of this code: (x, number).
std::optional<std::pair<ValueId, double>> with_number(const Graph& graph, const Node* node, ExprCode code);

/// True where every use of `from` may read `to`: types are equal, and no two of the graph's inputs and outputs would become one value.
bool interchangeable(const Graph& graph, ValueId from, ValueId to);
/// The patch that makes the users of `from` read `to`; nothing where they are not interchangeable.
std::optional<Patch> forwarding(const Graph& graph, std::string_view rule, ValueId from, ValueId to);
/// `patch` with `from` replaced by the proposed value `to`; nothing where the type would change. By reference, because callers propose `to` in the same call.
std::optional<Patch> replacing(Patch&& patch, const Graph& graph, ValueId from, ValueId to);

/// What to write into a Reshape so that it gives `to` from `from`: numbers, 0 for a symbolic axis that stays, at most one -1.
std::optional<std::vector<int64_t>> reshape_target(const Shape& from, const Shape& to);
/// Adds the Reshape; nothing where the target cannot be written as a constant or inference would not see the same shape.
std::optional<ValueId> add_reshape(Patch& patch, ValueId data, const Shape& to);
Tensor tensor_of(const std::vector<int64_t>& values);

}  // namespace burnish::passes
