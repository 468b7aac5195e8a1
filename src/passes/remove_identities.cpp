// Identities by kind of operator. Where equal shapes already prove that nothing moves, nothing else is asked.
#include "passes/remove_identities.h"

#include <algorithm>
#include <array>

#include "ir/rewriter.h"
#include "ops/concat.h"
#include "ops/expand.h"
#include "ops/identity.h"
#include "ops/pad.h"
#include "ops/pointwise.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/scatter_elements.h"
#include "ops/scatter_nd.h"
#include "ops/slice.h"
#include "ops/split.h"
#include "ops/tile.h"
#include "ops/transpose.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

bool same_shape(const Graph& graph, const Node& node) { return graph.type(node.inputs[0]).shape == graph.type(node.outputs[0]).shape; }

bool all_of_input(const Graph& graph, ValueId id, auto&& holds) {
  const auto values = integers(graph, id);
  return values and std::ranges::all_of(*values, holds);
}

bool keeps_order(const Graph& graph, const Node& node) {
  const auto* transpose = node.op.as<ops::Transpose>();
  const std::vector<size_t> order = ops::permutation(*transpose, graph.type(node.inputs[0]).shape.rank());
  return std::ranges::is_sorted(order);
}

bool takes_all(const Graph& graph, const Node& node) {
  const bool stepped = node.inputs.size() > 4 and node.inputs[4].valid();
  return same_shape(graph, node) and (not stepped or all_of_input(graph, node.inputs[4], [](int64_t step) { return step > 0; }));
}

/// A reduction over axes of size 1 that keeps them. Sums of squares, norms and logarithms compute something even there.
bool reduces_nothing(const Graph& graph, const Node& node, ops::ReduceKind kind) {
  using enum ops::ReduceKind;
  const bool plain = kind == sum or kind == mean or kind == max or kind == min or kind == prod;
  return plain and same_shape(graph, node);
}

/// Updates without elements change nothing: a detector's level without boxes.
bool scatters_nothing(const Graph& graph, const Node& node) {
  return std::ranges::any_of(graph.type(node.inputs[2]).shape.axes(), [](const Dim& dim) { return dim.constant() == 0; });
}

bool moves_nothing(const Graph& graph, const Node& node) {
  if (node.op.is<ops::Identity>()) return true;
  if (node.op.has(Trait::view) or node.op.is<ops::Expand>() or node.op.is<ops::Tile>()) return same_shape(graph, node);
  if (node.op.is<ops::Transpose>()) return keeps_order(graph, node);
  if (node.op.is<ops::Slice>()) return takes_all(graph, node);
  if (node.op.is<ops::Pad>()) return all_of_input(graph, node.inputs[1], [](int64_t pad) { return pad == 0; });
  if (node.op.is<ops::Concat>()) return node.inputs.size() == 1;
  if (node.op.is<ops::Split>()) return node.outputs.size() == 1;
  if (node.op.is<ops::ScatterND>() or node.op.is<ops::ScatterElements>()) return scatters_nothing(graph, node);
  if (const auto* reduce = node.op.as<ops::Reduce>()) return reduces_nothing(graph, node, reduce->kind);
  return false;
}

bool is_neutral(ExprCode code, const ConstantOperand& operand) {
  const std::optional<double> number = uniform(*operand.tensor);
  if (not number) return false;
  switch (code) {
    case ExprCode::add: return *number == 0;
    case ExprCode::sub: return *number == 0 and not operand.constant_first;
    case ExprCode::mul: return *number == 1;
    case ExprCode::div:
    case ExprCode::pow: return *number == 1 and not operand.constant_first;
    default: return false;
  }
}

/// The value a pointwise node merely repeats; invalid where it computes something.
ValueId repeated(const Graph& graph, const Node& node) {
  const std::optional<ExprCode> code = ops::single_code(node.op);
  if (not code) return {};
  if (const auto operand = constant_operand(graph, node)) return is_neutral(*code, *operand) ? operand->other : ValueId{};
  if (*code == ExprCode::cast) return node.inputs[0];  // to another type: not interchangeable, so not forwarded
  static constexpr std::array twice_is_nothing{ExprCode::neg, ExprCode::logical_not, ExprCode::bitwise_not};
  static constexpr std::array twice_is_once{ExprCode::relu, ExprCode::abs, ExprCode::floor, ExprCode::ceil, ExprCode::round};
  const Node* inner = made_by(graph, node.inputs[0], *code);
  if (inner == nullptr) return {};
  if (std::ranges::find(twice_is_nothing, *code) != twice_is_nothing.end()) return inner->inputs[0];
  if (std::ranges::find(twice_is_once, *code) != twice_is_once.end()) return node.inputs[0];
  return {};
}

/// Cast to a wider type and back again.
ValueId round_trip(const Graph& graph, const Node& node) {
  if (not is_code(node, ExprCode::cast)) return {};
  const Node* inner = made_by(graph, node.inputs[0], ExprCode::cast);
  if (inner == nullptr) return {};
  const DType narrow = graph.type(inner->inputs[0]).dtype;
  const DType wide = graph.type(node.inputs[0]).dtype;
  const bool floats = (narrow == DType::f16 or narrow == DType::bf16) and (wide == DType::f32 or wide == DType::f64);
  const bool doubles = (narrow == DType::f32 or narrow == DType::i32) and wide == DType::f64;
  const bool whole = narrow == DType::i32 and wide == DType::i64;
  const bool truth = narrow == DType::boolean and (is_integer(wide) or wide == DType::f32);
  return floats or doubles or whole or truth ? inner->inputs[0] : ValueId{};
}

std::optional<Patch> remove(const Graph& graph, const Node& node) {
  if (node.inputs.empty() or not node.inputs[0].valid() or node.outputs.size() != 1) return {};
  ValueId source = moves_nothing(graph, node) ? node.inputs[0] : repeated(graph, node);
  if (not source.valid() or graph.type(source) != graph.type(node.outputs[0])) source = round_trip(graph, node);
  if (not source.valid()) return {};
  return forwarding(graph, RemoveIdentities::name, node.outputs[0], source);
}

}  // namespace

bool RemoveIdentities::run(Graph& graph) const { return rewrite(graph, remove); }

}  // namespace burnish::passes
