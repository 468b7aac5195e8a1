// Scales go into the weights: one product of floats, and no pointwise step behind it.
#include "tactics/expand_quantized.h"

#include "ops/fused.h"
#include "ops/pointwise.h"
#include "ops/quantized.h"

namespace burnish::tactics {
namespace {

using Index = ops::QuantizedOperand::Index;

ValueId operand(const Node& node, size_t index, size_t count) { return index < count ? node.inputs.at(index) : ValueId{}; }

/// x - zero as f32.
ValueId centered(Patch& patch, const Graph& graph, ValueId x, ValueId zero_point) {
  Expr expr;
  expr.add_input(graph.type(x).dtype);
  std::vector<ValueId> inputs{x};
  if (zero_point.valid()) {
    expr.add_input(graph.type(zero_point).dtype);
    inputs.push_back(zero_point);
  }
  ExprOperand value = expr.add_step(ExprCode::cast, DType::f32, {0, 0, 0});
  if (zero_point.valid())
    value = expr.add_step(ExprCode::sub, DType::f32, {value, expr.add_step(ExprCode::cast, DType::f32, {1, 0, 0}), 0});
  expr.outputs = {value};
  return patch.add(ops::Pointwise{expr}, inputs);
}

/// w * scale, with scales along `axis`.
Tensor scaled(const Tensor& weights, const Tensor& scale, size_t axis) {
  Tensor result(DType::f32, weights.dims());
  int64_t inner = 1;
  for (size_t i = axis + 1; i < weights.rank(); ++i) inner *= weights.dim(i);
  for (int64_t i = 0; i < weights.size(); ++i) {
    const int64_t channel = scale.size() == 1 ? 0 : i / inner % weights.dim(axis);
    result.set_number(i, weights.number(i) * scale.number(channel));
  }
  return result;
}

/// The plain operator, and the axis of the weights along which output channels lie.
struct Plain {
  Op op;
  size_t axis = 0;
};
Plain plain_form(const Op& op) {
  if (const auto* conv = op.as<ops::QuantizedConv>()) return {static_cast<const ops::Conv&>(*conv), 0};
  const auto& product = *op.as<ops::QuantizedMatMul>();
  return {static_cast<const ops::MatMul&>(product), product.transpose_b ? size_t{0} : size_t{1}};
}

}  // namespace

std::optional<Patch> expand_quantized(const Graph& graph, const Node& node) {
  const auto* fused = node.op.as<ops::Fused>();
  const Op& anchor = fused != nullptr ? fused->anchor : node.op;
  if (not ops::is_quantized_product(anchor)) return {};
  const size_t count = fused != nullptr ? static_cast<size_t>(fused->anchor_inputs) : node.inputs.size();
  const Tensor* weights = graph.constant(node.inputs.at(Index::w));
  const Tensor* scale = graph.constant(node.inputs.at(Index::scale));
  if (weights == nullptr or scale == nullptr) return {};
  const Plain plain = plain_form(anchor);
  const ValueId bias = operand(node, Index::bias, count);
  if (bias.valid() and not plain.op.is<ops::Conv>()) return {};  // a MatMul takes none
  Patch patch(graph, "expand_quantized");
  std::vector<ValueId> inputs{centered(patch, graph, node.inputs[Index::x], operand(node, Index::zero_point, count)),
                              patch.constant(scaled(*weights, *scale, plain.axis))};
  if (bias.valid()) inputs.push_back(bias);
  ValueId made;
  if (fused != nullptr) {
    const auto anchor_inputs = static_cast<int64_t>(inputs.size());
    inputs.insert(inputs.end(), node.inputs.begin() + static_cast<std::ptrdiff_t>(count), node.inputs.end());
    made = patch.add(ops::Fused{plain.op, anchor_inputs, fused->epilogue}, inputs, node.outputs.size());
  } else {
    made = patch.add(plain.op, inputs);
  }
  for (uint32_t i = 0; i < node.outputs.size(); ++i) patch.replace(node.outputs[i], {made.index + i});
  return patch;
}

}  // namespace burnish::tactics
