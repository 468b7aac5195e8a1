#include "passes/rewrite_scatters.h"

#include "ir/rewriter.h"
#include "ops/expand.h"
#include "ops/scatter_elements.h"
#include "ops/scatter_nd.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

bool is_column(const Shape& shape) {
  for (size_t axis = 1; axis < shape.rank(); ++axis)
    if (shape[axis].constant() != 1) return false;
  return true;
}

std::optional<Patch> rewrite_one(const Graph& graph, const Node& node) {
  const auto* scatter = node.op.as<ops::ScatterElements>();
  if (scatter == nullptr) return {};
  const Shape& data = graph.type(node.inputs[0]).shape;
  const Shape& indices = graph.type(node.inputs[1]).shape;
  if (data.rank() < 2 or (scatter->axis != 0 and scatter->axis != -static_cast<int64_t>(data.rank()))) return {};
  for (size_t axis = 1; axis < data.rank(); ++axis)
    if (not(data[axis] == indices[axis])) return {};
  const Node* expand = made_by<ops::Expand>(graph, node.inputs[1]);
  if (expand == nullptr) return {};
  const Shape& rows = graph.type(expand->inputs[0]).shape;
  if (rows.rank() != data.rank() or not(rows[0] == indices[0]) or not is_column(rows)) return {};
  Patch patch(graph, RewriteScatters::name);
  const auto column = add_reshape(patch, expand->inputs[0], {rows[0], 1});
  if (not column) return {};
  return replacing(std::move(patch), graph, node.outputs[0],
                   patch.add(ops::ScatterND{scatter->reduction}, {node.inputs[0], *column, node.inputs[2]}));
}

}  // namespace

bool RewriteScatters::run(Graph& graph) const { return rewrite(graph, rewrite_one); }

}  // namespace burnish::passes
