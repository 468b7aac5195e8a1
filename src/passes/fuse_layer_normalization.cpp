// Layer normalization: the core without scale and bias first, then one affine step after another; TensorFlow's folded form at once.
#include "passes/fuse_layer_normalization.h"

#include "ir/rewriter.h"
#include "ops/normalization.h"
#include "passes/formulas.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

/// A plane of an image is the instance's to normalize, not the layer's.
bool is_instance(const std::vector<size_t>& axes, size_t rank) { return rank > 3 and axes.front() == 2; }

/// The extents of the axes from `axis` on, where static.
std::optional<Dims> normalized_dims(const Shape& shape, size_t axis) {
  Dims dims;
  for (size_t i = axis; i < shape.rank(); ++i) {
    if (not shape[i].is_constant()) return {};
    dims.push_back(shape[i].value());
  }
  return dims;
}

std::optional<Patch> core(const Graph& graph, const Node& node) {
  const auto found = standardized(graph, node.outputs[0]);
  if (not found) return {};
  const TensorType& type = graph.type(found->x);
  const auto axis = trailing_from(found->axes, type.shape.rank());
  const auto dims = axis ? normalized_dims(type.shape, *axis) : std::nullopt;
  if (not dims or is_instance(found->axes, type.shape.rank())) return {};
  Patch patch(graph, FuseLayerNormalization::name);
  const auto from_end = static_cast<int64_t>(*axis) - static_cast<int64_t>(type.shape.rank());
  const ValueId result = patch.add(ops::LayerNormalization{.axis = from_end, .epsilon = found->epsilon},
                                   {found->x, patch.constant(filled(type.dtype, *dims, 1))});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

/// A constant that gives each normalized element its own number.
std::optional<Tensor> affine_values(const Graph& graph, ValueId constant, const Dims& dims) {
  const Tensor* tensor = graph.constant(constant);
  if (tensor == nullptr) return {};
  if (tensor->size() == 1) return filled(tensor->dtype(), dims, tensor->number(0));
  Dims own = tensor->dims();
  while (own.size() > dims.size() and own.front() == 1) own.erase(own.begin());
  return own == dims ? std::optional(tensor->reshaped(dims)) : std::nullopt;
}

std::optional<Patch> absorb_affine(const Graph& graph, const Node& node) {
  const bool product = is_code(node, ExprCode::mul);
  if (not product and not is_code(node, ExprCode::add)) return {};
  const auto operand = constant_operand(graph, node);
  const Node* norm = operand ? made_by<ops::LayerNormalization>(graph, operand->other) : nullptr;
  if (norm == nullptr or norm->outputs.size() != 1 or only_user(graph, operand->other) == nullptr) return {};
  const Tensor* scale = graph.constant(norm->inputs[1]);
  const bool has_bias = norm->inputs.size() > 2 and norm->inputs[2].valid();
  const Tensor* bias = has_bias ? graph.constant(norm->inputs[2]) : nullptr;
  if (scale == nullptr or (has_bias and bias == nullptr)) return {};
  const auto values = affine_values(graph, operand->constant, scale->dims());
  if (not values) return {};
  Patch patch(graph, FuseLayerNormalization::name);
  std::vector<ValueId> inputs = norm->inputs;
  const ExprCode code = product ? ExprCode::mul : ExprCode::add;
  const auto stepped = [&](const Tensor& old) { return combined(code, old, *values); };
  if (product) {
    const auto made = stepped(*scale);
    if (not made) return {};
    inputs[1] = patch.constant(*made);
  }
  if (has_bias or not product) {
    const auto made = has_bias ? stepped(*bias) : values;
    if (not made) return {};
    inputs.resize(3);
    inputs[2] = patch.constant(*made);
  }
  const ValueId result = patch.add(norm->op, inputs);
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<ValueId> other_factor(const Graph& graph, ValueId product, ValueId factor) {
  for (const auto& [other, known] : operand_orders(graph, product, ExprCode::mul))
    if (known == factor) return other;
  return {};
}

struct ScaledDeviation {
  ValueId gamma;
  double epsilon = 0;
};

/// gamma / sqrt(variance + epsilon), with the variance around this mean.
std::optional<ScaledDeviation> scaled_deviation(const Graph& graph, ValueId factor, const Mean& mean) {
  for (const auto& [inverse, gamma] : operand_orders(graph, factor, ExprCode::mul)) {
    const auto found = inverse_deviation(graph, inverse);
    if (found and is_variance(graph, found->variance, ValueId{}, mean)) return ScaledDeviation{gamma, found->epsilon};
  }
  return {};
}

std::optional<Patch> normalized(const Graph& graph, const Node& node, const Mean& mean, const ScaledDeviation& deviation, ValueId beta) {
  const Shape& shape = graph.type(mean.of).shape;
  const auto axis = trailing_from(mean.axes, shape.rank());
  const auto dims = axis ? normalized_dims(shape, *axis) : std::nullopt;
  const auto scale = dims ? affine_values(graph, deviation.gamma, *dims) : std::nullopt;
  const auto bias = dims ? affine_values(graph, beta, *dims) : std::nullopt;
  if (not scale or not bias) return {};
  Patch patch(graph, FuseLayerNormalization::name);
  const auto from_end = static_cast<int64_t>(*axis) - static_cast<int64_t>(shape.rank());
  const ops::LayerNormalization norm{.axis = from_end, .epsilon = deviation.epsilon};
  const ValueId result = patch.add(norm, {mean.of, patch.constant(*scale), patch.constant(*bias)});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

/// x*g + (beta - mean*g) with g = gamma / sqrt(variance + epsilon): what TensorFlow's batch_normalization leaves behind.
std::optional<Patch> folded_form(const Graph& graph, const Node& node) {
  for (const auto& [product, rest] : operand_orders(graph, node.outputs[0], ExprCode::add)) {
    const Node* difference = made_by(graph, rest, ExprCode::sub);
    if (difference == nullptr or graph.constant(difference->inputs[0]) == nullptr) continue;
    for (const auto& [x, factor] : operand_orders(graph, product, ExprCode::mul)) {
      const auto centre = other_factor(graph, difference->inputs[1], factor);
      const auto mean = centre ? mean_of(graph, *centre) : std::nullopt;
      const auto deviation = mean and mean->of == x ? scaled_deviation(graph, factor, *mean) : std::nullopt;
      if (deviation) return normalized(graph, node, *mean, *deviation, difference->inputs[0]);
    }
  }
  return {};
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return {};
  for (const auto& rule : {core, absorb_affine, folded_form})
    if (auto patch = rule(graph, node)) return patch;
  return {};
}

}  // namespace

bool FuseLayerNormalization::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
