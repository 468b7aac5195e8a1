// Float8 has no zero point, and rounds when it is stored: clip and cast are all that quantizing is.
#include "passes/fuse_float8_products.h"

#include "ir/evaluate.h"
#include "ir/rewriter.h"
#include "ops/axes.h"
#include "ops/pointwise.h"
#include "ops/quantize.h"
#include "ops/quantized.h"
#include "passes/match.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

constexpr DType float8 = DType::f8e4m3fn;
constexpr double largest = 448;

/// A QuantizeLinear or DequantizeLinear between f32 and float8, with known scales and a zero point that is absent or 0.
struct Float8 {
  ValueId data;
  std::vector<double> scales;  // one, or one for each index along the axis
  size_t axis = 0;
};

std::optional<Float8> read(const Graph& graph, const Node& node, int64_t axis, DType number, DType quantized) {
  if (number != DType::f32 or quantized != float8) return {};
  const Tensor* scale = graph.constant(node.inputs.at(1));
  if (scale == nullptr or scale->dtype() != DType::f32 or scale->rank() > 1 or scale->size() == 0) return {};
  if (node.inputs.size() > 2 and node.inputs[2].valid() and not is_number(graph, node.inputs[2], 0)) return {};
  const size_t rank = graph.type(node.inputs[0]).shape.rank();
  return Float8{node.inputs[0], numbers(*scale), scale->size() == 1 ? 0 : ops::normalized_axis(axis, rank)};
}

std::optional<Float8> float8_of(const Graph& graph, const Node& node) {
  const DType from = graph.type(node.inputs.at(0)).dtype, to = graph.type(node.outputs[0]).dtype;
  if (const auto* quantize = node.op.as<ops::QuantizeLinear>()) {
    if (quantize->block_size != 0 or quantize->precision != DType::f32 or not quantize->saturate) return {};
    return read(graph, node, quantize->axis, from, to);
  }
  if (const auto* dequantize = node.op.as<ops::DequantizeLinear>()) {
    if (dequantize->block_size != 0) return {};
    return read(graph, node, dequantize->axis, to, from);
  }
  return {};
}

std::optional<Float8> dequantized_by(const Graph& graph, ValueId value) {
  const Node* node = made_by<ops::DequantizeLinear>(graph, value);
  return node != nullptr ? float8_of(graph, *node) : std::nullopt;
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  const auto* conv = node.op.as<ops::Conv>();
  const auto* product = node.op.as<ops::MatMul>();
  if (conv == nullptr and product == nullptr) return {};
  if (product != nullptr and (graph.type(node.inputs[0]).shape.rank() < 2 or graph.type(node.inputs[1]).shape.rank() != 2)) return {};
  const bool has_bias = node.inputs.size() > 2 and node.inputs[2].valid();
  if (has_bias and graph.constant(node.inputs[2]) == nullptr) return {};
  const auto x = dequantized_by(graph, node.inputs[0]), weights = dequantized_by(graph, node.inputs[1]);
  if (not x or not weights or x->scales.size() != 1 or graph.constant(x->data) != nullptr or graph.constant(weights->data) == nullptr)
    return {};
  const size_t channel_axis = conv != nullptr or product->transpose_b ? 0 : 1;
  if (weights->scales.size() > 1 and weights->axis != channel_axis) return {};
  std::vector<double> scales = weights->scales;
  for (double& scale : scales) scale *= x->scales[0];
  Patch patch(graph, FuseFloat8Products::name);
  std::vector<ValueId> operands{x->data, weights->data, ValueId{}, patch.constant(vector_of(DType::f32, scales))};
  if (has_bias) operands.push_back(node.inputs[2]);
  const Op made = conv != nullptr ? Op(ops::QuantizedConv{*conv}) : Op(ops::QuantizedMatMul{*product});
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(made, operands));
}

/// The scales, shaped to broadcast against the data.
ValueId scale_operand(Patch& patch, const Graph& graph, const Float8& found) {
  Dims dims;
  if (found.scales.size() > 1) {
    dims.assign(graph.type(found.data).shape.rank(), 1);
    dims[found.axis] = static_cast<int64_t>(found.scales.size());
  }
  return patch.constant(vector_of(DType::f32, found.scales).reshaped(dims));
}

Expr quantizing() {
  Expr expr;
  expr.inputs = {DType::f32, DType::f32};
  const ExprOperand value = expr.add_step(ExprCode::div, DType::f32, {0, 1, 0});
  const ExprOperand low = expr.add_constant(DType::f32, -largest), high = expr.add_constant(DType::f32, largest);
  expr.outputs = {expr.add_step(ExprCode::cast, float8, {expr.add_step(ExprCode::clip, DType::f32, {value, low, high}), 0, 0})};
  return expr;
}

Expr dequantizing() {
  Expr expr;
  expr.inputs = {float8, DType::f32};
  expr.outputs = {expr.add_step(ExprCode::mul, DType::f32, {expr.add_step(ExprCode::cast, DType::f32, {0, 0, 0}), 1, 0})};
  return expr;
}

std::optional<Patch> lower(const Graph& graph, const Node& node) {
  const auto found = float8_of(graph, node);
  if (not found) return {};
  Patch patch(graph, LowerFloat8::name);
  if (const Tensor* known = graph.constant(found->data)) {
    std::vector<Tensor> inputs{*known, *graph.constant(node.inputs[1])};
    for (size_t i = 2; i < node.inputs.size(); ++i) inputs.push_back(node.inputs[i].valid() ? *graph.constant(node.inputs[i]) : Tensor());
    return replacing(std::move(patch), graph, node.outputs[0], patch.constant(evaluate(node, inputs).front()));
  }
  const Expr expr = node.op.is<ops::QuantizeLinear>() ? quantizing() : dequantizing();
  return replacing(std::move(patch), graph, node.outputs[0],
                   patch.add(ops::Pointwise{expr}, {found->data, scale_operand(patch, graph, *found)}));
}

}  // namespace

bool FuseFloat8Products::run(Graph& graph) const { return rewrite(graph, fuse); }

bool LowerFloat8::run(Graph& graph) const { return rewrite(graph, lower); }

}  // namespace burnish::passes
