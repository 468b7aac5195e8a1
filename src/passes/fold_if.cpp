#include "passes/fold_if.h"

#include <map>

#include "ops/identity.h"
#include "ops/if.h"

namespace burnish::passes {
namespace {

/// The branch that will run; nothing where the condition is open.
std::optional<size_t> known_branch(const Graph& graph, const Node& node) {
  if (node.removed or not node.op.is<ops::If>()) return {};
  const Tensor* condition = graph.constant(node.inputs[0]);
  if (condition == nullptr or condition->size() != 1) return {};
  return condition->integer(0) != 0 ? 0 : 1;
}

/// Copies the nodes of `body` into `graph`; what its inputs stand for is already in `outside`.
void copy_nodes(Graph& graph, const Graph& body, std::map<uint32_t, ValueId>& outside, const std::vector<std::string>& provenance) {
  const auto value_of = [&](ValueId id) {
    if (not id.valid()) return id;
    const auto [found, added] = outside.try_emplace(id.index);
    if (added) found->second = graph.add_constant(body.value(id).constant, body.value(id).name);
    return found->second;
  };
  for (const NodeId id : body.order()) {
    const Node& node = body.node(id);
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(value_of(input));
    const NodeId copy = graph.add_node(node.op, std::move(inputs), node.outputs.size(), {}, node.name, node.regions);
    std::vector<std::string>& names = graph.mutable_node(copy).provenance;
    names = provenance;
    names.insert(names.end(), node.provenance.begin(), node.provenance.end());
    for (size_t i = 0; i < node.outputs.size(); ++i) outside[node.outputs[i].index] = graph.node(copy).outputs[i];
  }
  for (const ValueId output : body.outputs()) value_of(output);
}

/// What replaces an output of the If. A value that is visible from outside already, as an input or another output, is not made an output
/// once more.
ValueId result_of(Graph& graph, ValueId from, ValueId to) {
  const bool visible = graph.value(to).is_input or graph.value(to).output_uses > 0;
  if (not visible or graph.value(from).output_uses == 0) return to;
  return graph.node(graph.add_node(ops::Identity{}, {to})).outputs[0];
}

void inline_branch(Graph& graph, NodeId id, size_t branch) {
  const Graph body = graph.node(id).regions[branch];
  const size_t first = branch == 0 ? 1 : 1 + graph.node(id).regions[0].inputs().size();
  std::map<uint32_t, ValueId> outside;
  for (size_t i = 0; i < body.inputs().size(); ++i) outside[body.inputs()[i].index] = graph.node(id).inputs[first + i];
  copy_nodes(graph, body, outside, graph.node(id).provenance);
  const std::vector<ValueId> outputs = graph.node(id).outputs;
  for (size_t i = 0; i < outputs.size(); ++i)
    graph.replace_uses(outputs[i], result_of(graph, outputs[i], outside.at(body.outputs()[i].index)));
  graph.remove_node(id);
}

}  // namespace

bool FoldIf::run(Graph& graph) const {
  bool changed = false;
  for (const NodeId id : graph.order()) {
    const std::optional<size_t> branch = known_branch(graph, graph.node(id));
    if (not branch) continue;
    inline_branch(graph, id, *branch);
    changed = true;
  }
  if (changed) graph.infer_again();  // what follows may know more than the two branches had in common
  return changed;
}

}  // namespace burnish::passes
