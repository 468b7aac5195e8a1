#include "ir/patch.h"

#include <algorithm>

#include "base/error.h"
#include "ir/unknown.h"

namespace burnish {
namespace {

/// Removed nodes in order of execution: producers before their users.
std::vector<NodeId> sorted_by_data(const Graph& graph, std::vector<NodeId> nodes) {
  std::ranges::sort(nodes);
  std::vector<NodeId> sorted;
  while (not nodes.empty()) {
    const auto reads_pending = [&](NodeId id) {
      return std::ranges::any_of(graph.node(id).inputs, [&](ValueId input) {
        return input.valid() and std::ranges::find(nodes, graph.value(input).producer) != nodes.end();
      });
    };
    auto next = std::ranges::find_if_not(nodes, reads_pending);
    if (next == nodes.end()) next = nodes.begin();
    sorted.push_back(*next);
    nodes.erase(next);
  }
  return sorted;
}

std::vector<std::string> provenance_of(const Graph& graph, const std::vector<NodeId>& dead) {
  std::vector<std::string> out;
  for (const NodeId id : sorted_by_data(graph, dead))
    for (const std::string& name : graph.node(id).provenance)
      if (std::ranges::find(out, name) == out.end()) out.push_back(name);
  return out;
}

}  // namespace

InferContext::Input Patch::infer_input(ValueId id) const {
  if (not id.valid()) return {};
  if (id.index < first_) {
    const Value& value = graph_->value(id);
    return {true, value.type, value.constant, value.values};
  }
  const PendingValue& value = values_.at(id.index - first_);
  return {true, value.type, value.constant, value.values};
}

const TensorType& Patch::type(ValueId id) const { return id.index < first_ ? graph_->type(id) : values_.at(id.index - first_).type; }

ValueId Patch::add(Op op, std::vector<ValueId> inputs, size_t outputs) {
  std::vector<InferContext::Input> seen;
  for (const ValueId input : inputs) seen.push_back(infer_input(input));
  InferContext context(std::move(seen), outputs);
  context.name_unknowns(std::string(unknown_prefix), graph_->next_unknown() + unknowns_);
  in_context([&] { return fmt::format("{} proposed by {}", op.name(), rule_); }, [&] { op.infer(context); });
  unknowns_ += context.unknown_count();
  PendingNode node{std::move(op), std::move(inputs), {}};
  for (const InferContext::Output& made : context.outputs()) {
    if (not made.set) fail("{} proposed by {} has fewer than {} outputs", node.op.name(), rule_, outputs);
    node.outputs.push_back({first_ + static_cast<uint32_t>(values_.size())});
    values_.push_back({made.type, nullptr, made.values});
  }
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs.front();
}

ValueId Patch::constant(Tensor tensor) {
  const Dims& dims = tensor.dims();
  const TensorType type{tensor.dtype(), Shape(std::span<const int64_t>(dims)), {}};
  values_.push_back({type, std::make_shared<const Tensor>(std::move(tensor)), {}});
  return {first_ + static_cast<uint32_t>(values_.size() - 1)};
}

void Patch::replace(ValueId from, ValueId to) { replaced_.emplace_back(from, to); }

void Patch::check() const {
  for (const auto& [from, to] : replaced_) {
    BURNISH_CHECK(from.valid() and from.index < first_ and to.valid(), "{} replaces a value that the graph does not have", rule_);
    BURNISH_CHECK(compatible(type(from), type(to)), "{} replaces `{}` of type {} by {}", rule_, graph_->value(from).name, type(from).text(),
                  type(to).text());
  }
}

std::vector<NodeId> Patch::add_nodes(Graph& graph, const std::string& base) const {
  std::vector<NodeId> added;
  size_t next = 0;
  for (uint32_t i = 0; i < values_.size();) {
    if (values_[i].constant != nullptr) {
      BURNISH_CHECK(graph.add_constant(values_[i].constant).index == first_ + i);
      ++i;
      continue;
    }
    const PendingNode& node = nodes_.at(next);
    const std::string name = base.empty() ? std::string() : fmt::format("{}/{}_{}", base, rule_, next);
    added.push_back(graph.add_node(node.op, node.inputs, node.outputs.size(), {}, name));
    BURNISH_CHECK(graph.node(added.back()).outputs == node.outputs);
    i += static_cast<uint32_t>(node.outputs.size());
    ++next;
  }
  return added;
}

/// Where a data-dependent node is replaced by another, the new one's unknown sizes are the old one's.
void Patch::keep_unknowns(Graph& graph) const {
  DimRenames renames;
  for (const auto& [from, to] : replaced_)
    if (to.index >= first_) match_unknowns(type(to).shape, type(from).shape, unknown_prefix, renames);
  const uint64_t first = graph.next_unknown() - unknowns_;
  std::erase_if(renames, [&](const auto& entry) { return unknowns_end(Shape{Dim::symbol(entry.first)}) <= first; });
  if (renames.empty()) return;
  for (uint32_t i = 0; i < values_.size(); ++i) {
    Value& value = graph.mutable_value({first_ + i});
    value.type.shape = renamed(value.type.shape, renames);
    if (value.values) value.values = renamed(*value.values, renames);
  }
}

void Patch::apply(Graph& graph, NodeId matched) const {
  BURNISH_CHECK(&graph == graph_ and graph.value_count() == first_, "the patch of {} was made for another state of the graph", rule_);
  check();
  const std::string name = graph.node(matched).name;
  const std::vector<NodeId> added = add_nodes(graph, name);
  keep_unknowns(graph);
  std::vector<NodeId> seeds{matched};
  for (const auto& [from, to] : replaced_) {
    if (const Node* producer = graph.producer(from); producer != nullptr) seeds.push_back(producer->id);
    if (to.index >= first_) {
      graph.mutable_value(to).name = graph.value(from).name;
      if (const Node* producer = graph.producer(to); producer != nullptr) graph.mutable_node(producer->id).name = name;
    }
    graph.replace_uses(from, to);
  }
  // New nodes may read what they replace: "insert after" is a replacement too.
  for (size_t i = 0; i < added.size(); ++i)
    for (size_t input = 0; input < nodes_[i].inputs.size(); ++input) graph.replace_input(added[i], input, nodes_[i].inputs[input]);
  seeds.insert(seeds.end(), added.begin(), added.end());
  const std::vector<std::string> provenance = provenance_of(graph, graph.remove_dead(seeds));
  for (const NodeId id : added) graph.mutable_node(id).provenance = provenance;
}

}  // namespace burnish
