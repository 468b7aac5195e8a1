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
  const ValueId result = patch.add(ops::LayerNormalization{.axis = from_end, .epsilon = found->epsilon}, {found->x, patch.constant(filled(type.dtype, *dims, 1))});
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

/// x*g + (beta - mean*g) with g = gamma / sqrt(variance + epsilon): what TensorFlow's batch_normalization leaves behind.
std::optional<Patch> folded_form(const Graph& graph, const Node& node) {
  for (const auto& [product, rest] : operand_orders(graph, node.outputs[0], ExprCode::add)) {
    const Node* difference = made_by(graph, rest, ExprCode::sub);
    if (difference == nullptr or graph.constant(difference->inputs[0]) == nullptr) continue;
    for (const auto& [x, factor] : operand_orders(graph, product, ExprCode::mul)) {
      const auto centre = [&, f = factor]() -> std::optional<Mean> {
        for (const auto& [mean, again] : operand_orders(graph, difference->inputs[1], ExprCode::mul))
          if (again == f) return mean_of(graph, mean);
        return {};
      }();
      if (not centre or centre->of != x) continue;
      for (const auto& [inverse, gamma] : operand_orders(graph, factor, ExprCode::mul)) {
        const auto found = inverse_deviation(graph, inverse);
        const auto squares = found ? mean_of(graph, found->variance) : std::nullopt;
        const Node* power = squares ? graph.producer(squares->of) : nullptr;
        if (power == nullptr) continue;
        const Node* centered = made_by(graph, power->inputs[0], ExprCode::sub);
        const auto own = centered != nullptr ? mean_of(graph, centered->inputs[1]) : std::nullopt;
        if (not own or own->of != x or own->axes != centre->axes or centered->inputs[0] != x) continue;
        if (not is_variance(graph, found->variance, centered->outputs[0], *centre)) continue;
        const Shape& shape = graph.type(x).shape;
        const auto axis = trailing_from(centre->axes, shape.rank());
        const auto dims = axis ? normalized_dims(shape, *axis) : std::nullopt;
        const auto scale = dims ? affine_values(graph, gamma, *dims) : std::nullopt;
        const auto bias = dims ? affine_values(graph, difference->inputs[0], *dims) : std::nullopt;
        if (not scale or not bias) continue;
        Patch patch(graph, FuseLayerNormalization::name);
        const ops::LayerNormalization norm{.axis = static_cast<int64_t>(*axis) - static_cast<int64_t>(shape.rank()), .epsilon = found->epsilon};
        const ValueId result = patch.add(norm, {x, patch.constant(*scale), patch.constant(*bias)});
        return replacing(std::move(patch), graph, node.outputs[0], result);
      }
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
