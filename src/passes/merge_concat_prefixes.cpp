// Concat prefixes by a table of what is joined already, walked in order of execution.
#include "passes/merge_concat_prefixes.h"

#include <map>

#include "ir/patch.h"
#include "ops/concat.h"

namespace burnish::passes {
namespace {

/// The axis, then the joined values.
using Join = std::vector<int64_t>;

Join join_of(const Graph& graph, const Node& node) {
  const int64_t axis = node.op.as<ops::Concat>()->axis;
  Join join{axis < 0 ? axis + static_cast<int64_t>(graph.type(node.outputs[0]).shape.rank()) : axis};
  for (const ValueId input : node.inputs) join.push_back(input.index);
  return join;
}

/// How many leading inputs the longest known join covers, and its result. At least two, and not all.
std::pair<size_t, ValueId> longest_prefix(const std::map<Join, ValueId>& known, Join join) {
  while (join.size() > 3) {
    join.pop_back();
    if (const auto found = known.find(join); found != known.end()) return {join.size() - 1, found->second};
  }
  return {0, {}};
}

}  // namespace

bool MergeConcatPrefixes::run(Graph& graph) const {
  bool changed = false;
  std::map<Join, ValueId> known;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (not node.op.is<ops::Concat>()) continue;
    const Join join = join_of(graph, node);
    const auto [covered, prefix] = longest_prefix(known, join);
    ValueId result = node.outputs[0];
    if (covered > 0) {
      std::vector<ValueId> inputs{prefix};
      inputs.insert(inputs.end(), node.inputs.begin() + static_cast<std::ptrdiff_t>(covered), node.inputs.end());
      Patch patch(graph, name);
      result = patch.add(node.op, std::move(inputs));
      patch.replace(node.outputs[0], result);
      patch.apply(graph, id);
      changed = true;
    }
    known.emplace(join, result);
  }
  return changed;
}

}  // namespace burnish::passes
