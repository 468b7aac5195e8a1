// GELU: three factors, one half, x, and one plus a sigmoid-like function of x, in whatever order.
#include "passes/fuse_gelu.h"

#include <cmath>

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "passes/formulas.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

struct Curve {
  ValueId x;
  ExprCode code;
};

/// 1 + erf(x / sqrt(2))
std::optional<Curve> erf_curve(const Graph& graph, ValueId id) {
  const auto inner = plus_number(graph, id, 1);
  const Node* erf = inner ? made_by(graph, *inner, ExprCode::erf) : nullptr;
  if (erf == nullptr) return {};
  const Scaled argument = scaled(graph, erf->inputs[0]);
  if (not nearly(argument.factor, std::sqrt(0.5), graph.type(id).dtype)) return {};
  return Curve{argument.value, ExprCode::gelu_erf};
}

/// x + 0.044715 x^3: x.
std::optional<ValueId> cubic(const Graph& graph, ValueId id) {
  for (const auto& [x, rest] : operand_orders(graph, id, ExprCode::add)) {
    const Scaled cube = scaled(graph, rest);
    if (nearly(cube.factor, 0.044715, graph.type(id).dtype) and is_power(graph, cube.value, x, 3)) return x;
  }
  return {};
}

/// x * (1 + 0.044715 x^2), possibly with x already scaled by `factor`: x.
std::optional<ValueId> factored_cubic(const Graph& graph, ValueId id, double& factor) {
  for (const auto& [first, rest] : operand_orders(graph, id, ExprCode::mul)) {
    const auto inner = plus_number(graph, rest, 1);
    if (not inner) continue;
    const Scaled square = scaled(graph, *inner);
    if (not nearly(square.factor, 0.044715, graph.type(id).dtype)) continue;
    if (is_power(graph, square.value, first, 2)) return first;
    const Scaled x = scaled(graph, first);
    if (not is_power(graph, square.value, x.value, 2)) continue;
    factor *= x.factor;
    return x.value;
  }
  return {};
}

/// 1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))
std::optional<Curve> tanh_curve(const Graph& graph, ValueId id) {
  const auto inner = plus_number(graph, id, 1);
  const Node* tanh = inner ? made_by(graph, *inner, ExprCode::tanh) : nullptr;
  if (tanh == nullptr) return {};
  Scaled argument = scaled(graph, tanh->inputs[0]);
  auto x = cubic(graph, argument.value);
  if (not x) x = factored_cubic(graph, argument.value, argument.factor);
  if (not x or not nearly(argument.factor, std::sqrt(2 / M_PI), graph.type(id).dtype)) return {};
  return Curve{*x, ExprCode::gelu_tanh};
}

std::optional<Curve> curve(const Graph& graph, ValueId id) {
  if (const auto found = erf_curve(graph, id)) return found;
  return tanh_curve(graph, id);
}

/// `id` as a multiple of x: the factor.
std::optional<double> multiple_of(const Graph& graph, ValueId id, ValueId x) {
  if (id == x) return 1;
  const Scaled found = scaled(graph, id);
  return found.value == x ? std::optional(found.factor) : std::nullopt;
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 or not ops::single_code(node.op)) return {};
  const Scaled whole = scaled(graph, node.outputs[0]);
  for (const auto& [left, right] : operand_orders(graph, whole.value, ExprCode::mul))
    for (const Scaled& bent : {Scaled{right, 1}, scaled(graph, right)}) {
      const auto found = curve(graph, bent.value);
      const auto x = found ? multiple_of(graph, left, found->x) : std::nullopt;
      const DType dtype = graph.type(node.outputs[0]).dtype;
      if (not x or not nearly(whole.factor * bent.factor * *x, 0.5, dtype)) continue;
      Patch patch(graph, FuseGelu::name);
      const ValueId result = patch.add(ops::pointwise(found->code, {dtype}, dtype), {found->x});
      return replacing(std::move(patch), graph, node.outputs[0], result);
    }
  return {};
}

}  // namespace

bool FuseGelu::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
