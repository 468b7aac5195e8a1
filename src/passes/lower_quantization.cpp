// Programs: (x / scale) rounded to even, plus zero point, clipped, cast; and (q - zero point) * scale.
#include "passes/lower_quantization.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "ops/quantize.h"
#include "passes/match.h"
#include "passes/quantization.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

/// The values along `axis`, shaped to broadcast against `rank` axes; as it is where it is one value.
ValueId broadcast_operand(Patch& patch, const Graph& graph, ValueId id, const Quantization& quantization) {
  if (quantization.per_tensor) return id;
  const Tensor& values = *graph.constant(id);
  Dims dims(graph.type(quantization.data).shape.rank(), 1);
  dims[static_cast<size_t>(quantization.axis)] = values.size();
  return patch.constant(values.reshaped(dims));
}

bool all_zero(const Graph& graph, ValueId id) { return not id.valid() or (graph.constant(id) != nullptr and is_number(graph, id, 0)); }

/// Data, scale, and the zero point where it is not 0: as a number where it is known.
std::vector<ValueId> operands_of(Patch& patch, const Graph& graph, const Quantization& quantization) {
  std::vector<ValueId> operands{quantization.data, broadcast_operand(patch, graph, quantization.scale, quantization)};
  if (all_zero(graph, quantization.zero_point)) return operands;
  if (not is_known(graph, quantization)) {
    operands.push_back(quantization.zero_point);
    return operands;
  }
  const std::vector<int64_t> zeros = zero_points(graph, quantization);
  Dims dims = graph.constant(quantization.scale)->dims();
  if (not quantization.per_tensor) {
    dims.assign(graph.type(quantization.data).shape.rank(), 1);
    dims[static_cast<size_t>(quantization.axis)] = static_cast<int64_t>(zeros.size());
  }
  operands.push_back(patch.constant(vector_of(DType::f32, {zeros.begin(), zeros.end()}).reshaped(dims)));
  return operands;
}

/// Operand 2 as f32.
ExprOperand zero_point_of(Expr& expr) {
  return expr.inputs[2] == DType::f32 ? ExprOperand{2} : expr.add_step(ExprCode::cast, DType::f32, {2, 0, 0});
}

Expr quantizing(const std::vector<DType>& operands, DType dtype) {
  Expr expr;
  expr.inputs = operands;
  ExprOperand value = expr.add_step(ExprCode::round, DType::f32, {expr.add_step(ExprCode::div, DType::f32, {0, 1, 0}), 0, 0});
  if (operands.size() > 2) value = expr.add_step(ExprCode::add, DType::f32, {value, zero_point_of(expr), 0});
  const ExprOperand low = expr.add_constant(DType::f32, dtype == DType::u8 ? 0 : -128);
  const ExprOperand high = expr.add_constant(DType::f32, dtype == DType::u8 ? 255 : 127);
  value = expr.add_step(ExprCode::clip, DType::f32, {value, low, high});
  expr.outputs = {expr.add_step(ExprCode::cast, dtype, {value, 0, 0})};
  return expr;
}

Expr dequantizing(const std::vector<DType>& operands) {
  Expr expr;
  expr.inputs = operands;
  ExprOperand value = expr.add_step(ExprCode::cast, DType::f32, {0, 0, 0});
  if (operands.size() > 2) value = expr.add_step(ExprCode::sub, DType::f32, {value, zero_point_of(expr), 0});
  expr.outputs = {expr.add_step(ExprCode::mul, DType::f32, {value, 1, 0})};
  return expr;
}

std::optional<Patch> lower(const Graph& graph, const Node& node) {
  const auto quantization = quantization_of(graph, node);
  if (not quantization or (not quantization->per_tensor and not is_known(graph, *quantization))) return {};
  Patch patch(graph, LowerQuantization::name);
  const std::vector<ValueId> operands = operands_of(patch, graph, *quantization);
  std::vector<DType> types;
  for (const ValueId operand : operands) types.push_back(patch.type(operand).dtype);
  const Expr expr = node.op.is<ops::QuantizeLinear>() ? quantizing(types, quantization->dtype) : dequantizing(types);
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(ops::Pointwise{expr}, operands));
}

/// Every reader of a dequantized value but the first gets a DequantizeLinear of its own.
bool copy_for_readers(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (not node.op.is<ops::DequantizeLinear>() or not quantization_of(graph, node)) return false;
  const ValueId value = node.outputs[0];
  std::vector<NodeId> readers = graph.value(value).users;
  std::ranges::sort(readers);
  readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
  for (size_t i = graph.is_output(value) ? 0 : 1; i < readers.size(); ++i) {
    const NodeId copy = graph.add_node(graph.node(id).op, graph.node(id).inputs, 1, {}, graph.node(id).name);
    graph.mutable_node(copy).provenance = graph.node(id).provenance;
    for (size_t input = 0; input < graph.node(readers[i]).inputs.size(); ++input)
      if (graph.node(readers[i]).inputs[input] == value) graph.replace_input(readers[i], input, graph.node(copy).outputs[0]);
  }
  return readers.size() > 1;
}

}  // namespace

bool LowerQuantization::run(Graph& graph) const {
  bool changed = false;
  for (const NodeId id : graph.order()) changed |= copy_for_readers(graph, id);
  return rewrite(graph, lower) or changed;
}

}  // namespace burnish::passes
