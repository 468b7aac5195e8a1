// Constant factors and addends behind linear operators.
#include "passes/fold_scale.h"

#include <algorithm>
#include <cmath>

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

/// x*c, x/c, x+c or x-c with a constant c, as a product or a sum.
struct Affine {
  ValueId x;
  const Tensor* constant = nullptr;
  bool product = false;
  bool inverse = false;  // the constant divides, or is subtracted
};

std::optional<Affine> affine(const Graph& graph, const Node& node) {
  const std::optional<ExprCode> code = ops::single_code(node.op);
  const std::optional<ConstantOperand> operand = constant_operand(graph, node);
  if (not code or not operand or not is_floating(operand->tensor->dtype())) return {};
  const bool inverse = *code == ExprCode::div or *code == ExprCode::sub;
  const bool product = *code == ExprCode::mul or *code == ExprCode::div;
  if (not inverse and *code != ExprCode::mul and *code != ExprCode::add) return {};
  if (inverse and operand->constant_first) return {};
  if (graph.type(operand->other).shape != graph.type(node.outputs[0]).shape) return {};
  return Affine{operand->other, operand->tensor, product, inverse};
}

void invert(std::vector<double>& values, bool product) {
  for (double& value : values) value = product ? 1 / value : -value;
}

ValueId step(Patch& patch, ExprCode code, ValueId x, ValueId constant) {
  const DType dtype = patch.type(x).dtype;
  return patch.add(ops::pointwise(code, {dtype, dtype}, dtype), {x, constant});
}

std::optional<Patch> into_weights(const Graph& graph, const Node& node, const Affine& affine, const Linear& linear,
                                  std::vector<double> values) {
  if (affine.inverse) invert(values, affine.product);
  if (not std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) return {};
  std::vector<ValueId> inputs = linear.node->inputs;
  const bool has_bias = inputs.size() > 2 and inputs[2].valid();
  const Tensor* old_bias = has_bias ? graph.constant(inputs[2]) : nullptr;
  if (has_bias and old_bias == nullptr) return {};
  Patch patch(graph, FoldScale::name);
  std::vector<double> bias = old_bias != nullptr ? numbers(*old_bias) : std::vector<double>(values.size());
  if (affine.product) {
    inputs[1] = patch.constant(scaled_channels(linear, values));
    std::ranges::transform(bias, values, bias.begin(), std::multiplies<>());
  } else {
    std::ranges::transform(bias, values, bias.begin(), std::plus<>());
  }
  if (old_bias != nullptr or not affine.product) {
    inputs.resize(std::max<size_t>(inputs.size(), 3));
    inputs[2] = patch.constant(vector_of(linear.weights->dtype(), bias));
  }
  const ValueId result = patch.add(linear.node->op, inputs);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> fold_linear(const Graph& graph, const Node& node, const Affine& outer) {
  const std::optional<Linear> linear = linear_producer(graph, outer.x);
  if (not linear or only_user(graph, outer.x) == nullptr) return {};
  if (not outer.product and not linear->takes_bias) return {};
  const size_t rank = graph.type(outer.x).shape.rank();
  auto values = along_axis(*outer.constant, rank, linear->channel_axis, linear->channels);
  return values ? into_weights(graph, node, outer, *linear, std::move(*values)) : std::nullopt;
}

/// (x*a)*b -> x*(a*b) and (x+a)+b -> x+(a+b).
std::optional<Patch> join_equal(const Graph& graph, const Node& node, const Affine& outer, const Affine& inner) {
  if (inner.product != outer.product) return {};
  const ExprCode forward = outer.product ? ExprCode::mul : ExprCode::add;
  const ExprCode backward = outer.product ? ExprCode::div : ExprCode::sub;
  const Tensor* first = inner.constant;
  const Tensor* second = outer.constant;
  if (inner.inverse and not outer.inverse) std::swap(first, second);
  // a and b together; a forward constant first, so that x*a/b is x*(a/b) and x/a/b is x/(a*b).
  const auto joined = combined(inner.inverse == outer.inverse ? forward : backward, *first, *second);
  if (not joined) return {};
  Patch patch(graph, FoldScale::name);
  const ExprCode code = inner.inverse and outer.inverse ? backward : forward;
  const ValueId result = step(patch, code, inner.x, patch.constant(*joined));
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

/// (x+a)*b -> x*b + a*b, where x comes from a linear operator that takes the factor.
std::optional<Patch> factor_first(const Graph& graph, const Node& node, const Affine& outer, const Affine& inner) {
  if (not outer.product or inner.product) return {};
  const std::optional<Linear> linear = linear_producer(graph, inner.x);
  if (not linear or only_user(graph, inner.x) == nullptr) return {};
  const size_t rank = graph.type(inner.x).shape.rank();
  if (not along_axis(*outer.constant, rank, linear->channel_axis, linear->channels)) return {};
  const ExprCode code = outer.inverse ? ExprCode::div : ExprCode::mul;
  const auto addend = combined(code, *inner.constant, *outer.constant);
  if (not addend) return {};
  Patch patch(graph, FoldScale::name);
  const ValueId scaled = step(patch, code, inner.x, patch.constant(*outer.constant));
  const ValueId result = step(patch, inner.inverse ? ExprCode::sub : ExprCode::add, scaled, patch.constant(*addend));
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> fold(const Graph& graph, const Node& node) {
  const std::optional<Affine> outer = affine(graph, node);
  if (not outer) return {};
  if (auto patch = fold_linear(graph, node, *outer)) return patch;
  const Node* before = graph.producer(outer->x);
  if (before == nullptr or only_user(graph, outer->x) == nullptr) return {};
  const std::optional<Affine> inner = affine(graph, *before);
  if (not inner) return {};
  if (auto patch = join_equal(graph, node, *outer, *inner)) return patch;
  return factor_first(graph, node, *outer, *inner);
}

}  // namespace

bool FoldScale::run(Graph& graph) const { return rewrite(graph, fold); }

}  // namespace burnish::passes
