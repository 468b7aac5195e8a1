// Hard swish and hard sigmoid.
#include "passes/fuse_hard_swish.h"

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "passes/formulas.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// clip(x + 3, 0, 6): x.
std::optional<ValueId> ramp(const Graph& graph, ValueId id) {
  const Node* clip = made_by(graph, id, ExprCode::clip);
  if (clip == nullptr or not is_number(graph, clip->inputs[1], 0) or not is_number(graph, clip->inputs[2], 6)) return {};
  return plus_number(graph, clip->inputs[0], 3);
}

/// A multiple of the ramp, or a hard sigmoid, as (x, factor of the ramp).
std::optional<Scaled> gate(const Graph& graph, ValueId id) {
  if (const Node* node = made_by(graph, id, ExprCode::hard_sigmoid)) {
    const ExprStep& step = node->op.as<ops::Pointwise>()->expr.steps.front();
    const bool standard = nearly(step.a, 1.0 / 6) and nearly(step.b, 0.5);
    return standard ? std::optional(Scaled{node->inputs[0], 1.0 / 6}) : std::nullopt;
  }
  if (const auto x = ramp(graph, id)) return Scaled{*x, 1};
  const Scaled outer = scaled(graph, id);
  const auto x = ramp(graph, outer.value);
  return x ? std::optional(Scaled{*x, outer.factor}) : std::nullopt;
}

std::optional<Patch> single(const Graph& graph, const Node& node, ExprCode code, ValueId x, double a = 0, double b = 0) {
  const DType dtype = graph.type(x).dtype;
  Patch patch(graph, FuseHardSwish::name);
  const ValueId result = patch.add(ops::pointwise(code, {dtype}, dtype, a, b), {x});
  return replacing(std::move(patch), graph, node.outputs[0], result);
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1 or not ops::single_code(node.op)) return {};
  const DType dtype = graph.type(node.outputs[0]).dtype;
  const Scaled whole = scaled(graph, node.outputs[0]);
  for (const auto& [x, right] : operand_orders(graph, whole.value, ExprCode::mul)) {
    const auto found = gate(graph, right);
    if (found and found->value == x and nearly(whole.factor * found->factor, 1.0 / 6, dtype))
      return single(graph, node, ExprCode::hard_swish, x);
  }
  if (const auto x = ramp(graph, whole.value); x and nearly(whole.factor, 1.0 / 6, dtype))
    return single(graph, node, ExprCode::hard_sigmoid, *x, 1.0 / 6, 0.5);
  return {};
}

}  // namespace

bool FuseHardSwish::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
