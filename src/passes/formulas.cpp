// Pieces of formulas. Exporters write them in few ways; each reader here takes all of those.
#include "passes/formulas.h"

#include <algorithm>
#include <cmath>

#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {

Scaled scaled(const Graph& graph, ValueId id) {
  const Node* node = graph.producer(id);
  if (const auto product = with_number(graph, node, ExprCode::mul)) return {product->first, product->second};
  if (const auto quotient = with_number(graph, node, ExprCode::div); quotient and quotient->second != 0)
    return {quotient->first, 1 / quotient->second};
  return {id, 1};
}

std::vector<std::pair<ValueId, ValueId>> operand_orders(const Graph& graph, ValueId id, ExprCode code) {
  const Node* node = made_by(graph, id, code);
  if (node == nullptr or node->inputs.size() != 2) return {};
  return {{node->inputs[0], node->inputs[1]}, {node->inputs[1], node->inputs[0]}};
}

bool nearly(double a, double b, DType dtype) {
  const double tolerance = dtype == DType::f16 ? 1e-3 : dtype == DType::bf16 ? 8e-3 : 1e-6;
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

std::optional<ValueId> plus_number(const Graph& graph, ValueId id, double number) {
  const auto sum = with_number(graph, graph.producer(id), ExprCode::add);
  if (not sum or not nearly(sum->second, number, graph.type(id).dtype)) return {};
  return sum->first;
}

bool is_power(const Graph& graph, ValueId id, ValueId x, int exponent) {
  if (exponent == 1) return id == x;
  if (const auto power = with_number(graph, graph.producer(id), ExprCode::pow); power and power->first == x and power->second == exponent)
    return true;
  for (const auto& [rest, factor] : operand_orders(graph, id, ExprCode::mul))
    if (factor == x and is_power(graph, rest, x, exponent - 1)) return true;
  return false;
}

std::optional<Mean> mean_of(const Graph& graph, ValueId id) {
  const Node* node = made_by<ops::Reduce>(graph, id);
  if (node == nullptr) return {};
  const auto* reduce = node->op.as<ops::Reduce>();
  if (reduce->kind != ops::ReduceKind::mean or not reduce->keep_dims or node->inputs.size() < 2) return {};
  const auto axes = integers(graph, node->inputs[1]);
  if (not axes or axes->empty()) return {};
  const auto rank = static_cast<int64_t>(graph.type(node->inputs[0]).shape.rank());
  Mean mean{node->inputs[0], {}};
  for (const int64_t axis : *axes) mean.axes.push_back(static_cast<size_t>(axis < 0 ? axis + rank : axis));
  std::ranges::sort(mean.axes);
  return mean;
}

namespace {

/// v + epsilon with a small positive number.
std::optional<InverseDeviation> with_epsilon(const Graph& graph, ValueId id) {
  const auto sum = with_number(graph, graph.producer(id), ExprCode::add);
  if (not sum or sum->second <= 0 or sum->second > 0.1) return {};
  return InverseDeviation{sum->first, sum->second};
}

std::optional<InverseDeviation> deviation(const Graph& graph, ValueId id) {
  if (const Node* root = made_by(graph, id, ExprCode::sqrt)) return with_epsilon(graph, root->inputs[0]);
  const auto power = with_number(graph, graph.producer(id), ExprCode::pow);
  return power and power->second == 0.5 ? with_epsilon(graph, power->first) : std::nullopt;
}

}  // namespace

std::optional<InverseDeviation> inverse_deviation(const Graph& graph, ValueId id) {
  if (const Node* node = made_by(graph, id, ExprCode::reciprocal)) return deviation(graph, node->inputs[0]);
  if (const Node* node = made_by(graph, id, ExprCode::div); node != nullptr and is_number(graph, node->inputs[0], 1))
    return deviation(graph, node->inputs[1]);
  const auto power = with_number(graph, graph.producer(id), ExprCode::pow);
  return power and power->second == -0.5 ? with_epsilon(graph, power->first) : std::nullopt;
}

std::optional<std::pair<ValueId, InverseDeviation>> divided_by_deviation(const Graph& graph, ValueId id) {
  if (const Node* node = made_by(graph, id, ExprCode::div))
    if (const auto divisor = deviation(graph, node->inputs[1])) return std::pair{node->inputs[0], *divisor};
  for (const auto& [x, factor] : operand_orders(graph, id, ExprCode::mul))
    if (const auto inverse = inverse_deviation(graph, factor)) return std::pair{x, *inverse};
  return {};
}

bool is_variance(const Graph& graph, ValueId variance, ValueId centered, const Mean& mean) {
  const auto squares = mean_of(graph, variance);
  if (not squares or squares->axes != mean.axes) return false;
  if (is_power(graph, squares->of, centered, 2)) return true;
  // The same difference, computed a second time.
  const auto same = [&](ValueId id) {
    const Node* node = made_by(graph, id, ExprCode::sub);
    const auto other = node != nullptr ? mean_of(graph, node->inputs[1]) : std::nullopt;
    return other and node->inputs[0] == mean.of and other->of == mean.of and other->axes == mean.axes;
  };
  const Node* node = graph.producer(squares->of);
  return node != nullptr and not node->inputs.empty() and same(node->inputs[0]) and is_power(graph, squares->of, node->inputs[0], 2);
}

std::optional<Standardized> standardized(const Graph& graph, ValueId id) {
  const auto quotient = divided_by_deviation(graph, id);
  if (not quotient) return {};
  const Node* difference = made_by(graph, quotient->first, ExprCode::sub);
  if (difference == nullptr) return {};
  const auto mean = mean_of(graph, difference->inputs[1]);
  if (not mean or mean->of != difference->inputs[0]) return {};
  if (not is_variance(graph, quotient->second.variance, quotient->first, *mean)) return {};
  return Standardized{mean->of, mean->axes, quotient->second.epsilon};
}

Tensor filled(DType dtype, Dims dims, double value) {
  Tensor tensor = Tensor::uninitialized(dtype, std::move(dims));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_number(i, value);
  return tensor;
}

std::optional<size_t> trailing_from(const std::vector<size_t>& axes, size_t rank) {
  if (axes.empty() or axes.back() != rank - 1) return {};
  if (axes.back() - axes.front() + 1 != axes.size()) return {};
  return axes.front();
}

std::optional<ChannelStep> channel_step(const Graph& graph, const Node& node) {
  const bool product = is_code(node, ExprCode::mul);
  if (not product and not is_code(node, ExprCode::add)) return {};
  const auto operand = constant_operand(graph, node);
  if (not operand or only_user(graph, operand->other) == nullptr) return {};
  const Shape& shape = graph.type(operand->other).shape;
  if (shape.rank() < 3 or not shape[1].is_constant() or shape != graph.type(node.outputs[0]).shape) return {};
  auto values = along_axis(*operand->tensor, shape.rank(), 1, shape[1].value());
  if (not values) return {};
  return ChannelStep{graph.producer(operand->other), product, std::move(*values)};
}

std::optional<std::array<std::vector<double>, 2>> with_channel_step(const Graph& graph, const ChannelStep& step) {
  std::array<std::vector<double>, 2> parameters;
  for (size_t i = 0; i < 2; ++i) {
    const Tensor* tensor = graph.constant(step.normalization->inputs[i + 1]);
    if (tensor == nullptr or tensor->size() != static_cast<int64_t>(step.values.size())) return {};
    parameters[i] = numbers(*tensor);
  }
  auto& [scale, bias] = parameters;
  for (size_t c = 0; c < step.values.size(); ++c) {
    if (step.product) scale[c] *= step.values[c];
    bias[c] = step.product ? bias[c] * step.values[c] : bias[c] + step.values[c];
  }
  return parameters;
}

}  // namespace burnish::passes
