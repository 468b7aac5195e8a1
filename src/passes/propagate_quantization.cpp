// Quantization over moves. Q is pushed up and DQ down, so that the two meet; neither is ever pushed the other way.
#include "passes/propagate_quantization.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/concat.h"
#include "ops/depth_to_space.h"
#include "ops/expand.h"
#include "ops/pointwise.h"
#include "ops/pool.h"
#include "ops/quantize.h"
#include "ops/reduce.h"
#include "ops/slice.h"
#include "ops/tile.h"
#include "ops/transpose.h"
#include "passes/match.h"
#include "passes/quantization.h"

namespace burnish::passes {
namespace {

/// How many of the node's first inputs hold elements that it hands on, all with one quantization; 0 where it computes.
size_t moved_inputs(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 or graph.type(node.outputs[0]).dtype == DType::boolean) return 0;
  if (node.op.is<ops::Concat>()) return node.inputs.size();
  if (const auto* pool = node.op.as<ops::Pool>()) return pool->kind == ops::PoolKind::max ? 1 : 0;
  const bool moves = node.op.has(Trait::view) or node.op.is<ops::Transpose>() or node.op.is<ops::Slice>() or node.op.is<ops::Tile>() or
                     node.op.is<ops::Expand>() or node.op.is<ops::DepthToSpace>();
  return moves ? 1 : 0;
}

/// The average of elements, with nothing padded among them.
bool is_mean(const Node& node) {
  if (node.outputs.size() != 1) return false;
  if (const auto* reduce = node.op.as<ops::Reduce>()) return reduce->kind == ops::ReduceKind::mean;
  const auto* pool = node.op.as<ops::Pool>();
  return pool != nullptr and pool->kind == ops::PoolKind::average and not pool->count_include_pad;
}

/// Q(move(x)) becomes move(Q(x)) where nobody else reads what is moved.
std::optional<Patch> push_up(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::QuantizeLinear>()) return {};
  const auto quantization = quantization_of(graph, node);
  if (not quantization or not quantization->per_tensor or not is_known(graph, *quantization)) return {};
  const Node* move = graph.only_producer(quantization->data);
  const size_t moved = move != nullptr ? moved_inputs(graph, *move) : 0;
  if (moved == 0) return {};
  Patch patch(graph, PropagateQuantization::name);
  std::vector<ValueId> inputs = move->inputs;
  for (size_t i = 0; i < moved; ++i) {
    std::vector<ValueId> quantized{inputs[i], quantization->scale};
    if (quantization->zero_point.valid()) quantized.push_back(quantization->zero_point);
    inputs[i] = patch.add(node.op, quantized);
  }
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(move->op, inputs));
}

/// move(DQ(x)) becomes DQ(move(x)).
std::optional<Patch> push_down(const Graph& graph, const Node& node) {
  const size_t moved = moved_inputs(graph, node);
  if (moved == 0) return {};
  std::vector<ValueId> inputs = node.inputs;
  const auto first = dequantized_by(graph, inputs[0]);
  if (not first or not first->per_tensor or graph.constant(first->data) != nullptr) return {};
  for (size_t i = 0; i < moved; ++i) {
    const auto one = dequantized_by(graph, inputs[i]);
    if (not one or (one->node != first->node and not same_numbers(graph, *one, *first))) return {};
    inputs[i] = one->data;
  }
  Patch patch(graph, PropagateQuantization::name);
  std::vector<ValueId> dequantized{patch.add(node.op, inputs), first->scale};
  if (first->zero_point.valid()) dequantized.push_back(first->zero_point);
  return replacing(std::move(patch), graph, node.outputs[0], patch.add(first->node->op, dequantized));
}

/// Q(DQ(x)) with the same numbers is x.
std::optional<Patch> meet(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::QuantizeLinear>()) return {};
  const auto quantization = quantization_of(graph, node);
  const auto before = dequantized_by(graph, node.inputs[0]);
  if (not quantization or not before or not same_numbers(graph, *quantization, *before)) return {};
  return forwarding(graph, PropagateQuantization::name, node.outputs[0], before->data);
}

ValueId pointwise(Patch& patch, const Expr& expr, ValueId input) { return patch.add(ops::Pointwise{expr}, {input}); }

/// Rounded to even as seen from the zero point, which decides where ties go.
Expr rounded_around(int64_t zero, DType dtype) {
  Expr expr;
  expr.inputs = {DType::f32};
  const ExprOperand center = expr.add_constant(DType::f32, static_cast<double>(zero));
  const ExprOperand low = expr.add_constant(DType::f32, dtype == DType::u8 ? 0 : -128);
  const ExprOperand high = expr.add_constant(DType::f32, dtype == DType::u8 ? 255 : 127);
  ExprOperand value = expr.add_step(ExprCode::sub, DType::f32, {0, center, 0});
  value = expr.add_step(ExprCode::add, DType::f32, {expr.add_step(ExprCode::round, DType::f32, {value, 0, 0}), center, 0});
  expr.outputs = {expr.add_step(ExprCode::cast, dtype, {expr.add_step(ExprCode::clip, DType::f32, {value, low, high}), 0, 0})};
  return expr;
}

/// Q(mean(DQ(x))) with the same numbers is the mean of the bytes, rounded: exact, where scaling there and back would blur ties.
std::optional<Patch> meet_over_mean(const Graph& graph, const Node& node) {
  if (not node.op.is<ops::QuantizeLinear>()) return {};
  const auto quantization = quantization_of(graph, node);
  const Node* mean = graph.only_producer(node.inputs[0]);
  if (not quantization or mean == nullptr or not is_mean(*mean)) return {};
  const auto before = dequantized_by(graph, mean->inputs[0]);
  if (not before or not same_numbers(graph, *quantization, *before)) return {};
  const Expr widening = Expr::single(ExprCode::cast, {before->dtype}, DType::f32);
  const Expr rounding = rounded_around(zero_points(graph, *before).front(), before->dtype);
  Patch patch(graph, PropagateQuantization::name);
  std::vector<ValueId> inputs = mean->inputs;
  inputs[0] = pointwise(patch, widening, before->data);
  return replacing(std::move(patch), graph, node.outputs[0], pointwise(patch, rounding, patch.add(mean->op, inputs)));
}

}  // namespace

bool PropagateQuantization::run(Graph& graph) const {
  return rewrite(graph, [](const Graph& seen, const Node& node) {
    std::optional<Patch> patch = meet(seen, node);
    if (not patch) patch = meet_over_mean(seen, node);
    if (not patch) patch = push_up(seen, node);
    if (not patch) patch = push_down(seen, node);
    return patch;
  });
}

}  // namespace burnish::passes
