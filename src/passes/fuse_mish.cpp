// Mish.
#include "passes/fuse_mish.h"

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "passes/formulas.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

/// softplus(x): x.
std::optional<ValueId> softplus_of(const Graph& graph, ValueId id) {
  if (const Node* node = made_by(graph, id, ExprCode::softplus)) return node->inputs[0];
  const Node* log = made_by(graph, id, ExprCode::log);
  const auto inner = log != nullptr ? plus_number(graph, log->inputs[0], 1) : std::nullopt;
  const Node* exp = inner ? made_by(graph, *inner, ExprCode::exp) : nullptr;
  return exp != nullptr ? std::optional(exp->inputs[0]) : std::nullopt;
}

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return {};
  for (const auto& [x, gate] : operand_orders(graph, node.outputs[0], ExprCode::mul)) {
    const Node* tanh = made_by(graph, gate, ExprCode::tanh);
    if (tanh == nullptr or softplus_of(graph, tanh->inputs[0]) != x) continue;
    const DType dtype = graph.type(x).dtype;
    Patch patch(graph, FuseMish::name);
    const ValueId result = patch.add(ops::pointwise(ExprCode::mish, {dtype}, dtype), {x});
    return replacing(std::move(patch), graph, node.outputs[0], result);
  }
  return {};
}

}  // namespace

bool FuseMish::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
