// SiLU and its kin.
#include "passes/fuse_silu.h"

#include "ir/rewriter.h"
#include "ops/pointwise.h"
#include "passes/formulas.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

std::optional<Patch> fuse(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return {};
  for (const auto& [x, gate] : operand_orders(graph, node.outputs[0], ExprCode::mul)) {
    const Node* sigmoid = made_by(graph, gate, ExprCode::sigmoid);
    if (sigmoid == nullptr) continue;
    const Scaled argument = sigmoid->inputs[0] == x ? Scaled{x, 1} : scaled(graph, sigmoid->inputs[0]);
    if (argument.value != x) continue;
    const DType dtype = graph.type(x).dtype;
    Patch patch(graph, FuseSilu::name);
    const ValueId result = patch.add(ops::pointwise(ExprCode::swish, {dtype}, dtype, argument.factor), {x});
    return replacing(std::move(patch), graph, node.outputs[0], result);
  }
  return {};
}

}  // namespace

bool FuseSilu::run(Graph& graph) const { return rewrite(graph, fuse); }

}  // namespace burnish::passes
