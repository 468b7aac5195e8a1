// Common subexpressions by hashing the text of operator and inputs, in order of execution, so that whole equal chains merge in one walk.
#include "passes/merge_common_subexpressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "ir/text.h"
#include "ops/pointwise.h"
#include "passes/match.h"

namespace burnish::passes {
namespace {

bool commutes(const Op& op) {
  switch (ops::single_code(op).value_or(ExprCode::constant)) {
    case ExprCode::add:
    case ExprCode::mul:
    case ExprCode::equal:
    case ExprCode::logical_and:
    case ExprCode::logical_or: return true;
    default: return false;
  }
}

bool merge_constants(Graph& graph, size_t limit) {
  std::unordered_map<Hash128, ValueId> seen;
  bool changed = false;
  const auto count = static_cast<uint32_t>(graph.value_count());
  for (uint32_t i = 0; i < count; ++i) {
    const Value& value = graph.value(ValueId{i});
    if (not value.constant or value.users.empty() or value.output_uses > 0 or value.constant->bytes() > limit) continue;
    const auto [first, is_new] = seen.emplace(content_hash(*value.constant), ValueId{i});
    if (is_new) continue;
    graph.replace_uses(ValueId{i}, first->second);
    changed = true;
  }
  return changed;
}

std::string key_of(const Node& node) {
  std::string key = fmt::format("{}/{}", node.op.text(), node.outputs.size());
  std::vector<uint32_t> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(input.index);
  if (commutes(node.op)) std::ranges::sort(inputs);
  for (const uint32_t input : inputs) key += fmt::format(" {}", input);
  return key;
}

bool may_stand_for(const Graph& graph, const Node& kept, const Node& merged) {
  for (size_t i = 0; i < kept.outputs.size(); ++i)
    if (not interchangeable(graph, merged.outputs[i], kept.outputs[i])) return false;
  return true;
}

}  // namespace

bool MergeCommonSubexpressions::run(Graph& graph) const {
  bool changed = merge_constants(graph, constant_limit);
  std::unordered_map<std::string, NodeId> seen;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op.has(Trait::random) or node.op.has(Trait::has_regions) or node.op.has(Trait::data_dependent)) continue;
    const auto [first, is_new] = seen.emplace(key_of(node), id);
    if (is_new) continue;
    const Node& kept = graph.node(first->second);
    if (not may_stand_for(graph, kept, node)) continue;
    for (size_t i = 0; i < kept.outputs.size(); ++i) graph.replace_uses(node.outputs[i], kept.outputs[i]);
    Node& survivor = graph.mutable_node(kept.id);
    survivor.provenance.insert(survivor.provenance.end(), node.provenance.begin(), node.provenance.end());
    graph.remove_node(id);
    changed = true;
  }
  return changed;
}

}  // namespace burnish::passes
