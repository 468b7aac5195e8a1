#include "runtime/stages.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace burnish::runtime {
namespace {

void add_symbols(std::set<std::string>& symbols, const Shape& shape) {
  for (const Dim& dim : shape)
    for (std::string& symbol : dim.symbols()) symbols.insert(std::move(symbol));
}

std::set<std::string> symbols_of_inputs(const Graph& graph, const Node& node) {
  std::set<std::string> symbols;
  for (const ValueId input : node.inputs) {
    if (not input.valid()) continue;
    add_symbols(symbols, graph.type(input).shape);
    if (graph.value(input).values)
      for (const Dim& dim : *graph.value(input).values)
        for (std::string& symbol : dim.symbols()) symbols.insert(std::move(symbol));
  }
  return symbols;
}

/// Splits a graph into stages. A node's level counts the nodes before it that stand alone; what shares a level can share a part.
class Splitter {
 public:
  Splitter(const Graph& graph, const std::shared_ptr<Compiler>& compiler)
      : graph_(graph), compiler_(compiler), level_of_(graph.value_count(), 0), slot_of_(graph.value_count(), no_slot) {}

  StagedProgram run() {
    for (const ValueId input : graph_.inputs()) made_.inputs.push_back(slot(input));
    sort_into_levels();
    for (Level& level : levels_) {
      if (not level.shared.empty()) add_part(level.shared);
      for (const NodeId id : level.alone) add_alone(graph_.node(id));
    }
    for (const ValueId output : graph_.outputs()) made_.outputs.push_back(slot(output));
    note_last_uses();
    return std::move(made_);
  }

 private:
  struct Level {
    std::vector<NodeId> shared, alone;
  };

  void sort_into_levels() {
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      size_t level = 0;
      for (const ValueId input : node.inputs)
        if (input.valid()) level = std::max(level, level_of_[input.index]);
      const bool alone = stands_alone(graph_, node);
      if (levels_.size() <= level) levels_.resize(level + 1);
      (alone ? levels_[level].alone : levels_[level].shared).push_back(id);
      for (const ValueId output : node.outputs) level_of_[output.index] = level + (alone ? 1 : 0);
    }
  }

  uint32_t slot(ValueId id) {
    if (not id.valid()) return no_slot;
    uint32_t& slot = slot_of_[id.index];
    if (slot != no_slot) return slot;
    slot = static_cast<uint32_t>(made_.slots.size());
    made_.slots.push_back(graph_.value(id).constant ? *graph_.value(id).constant : Tensor());
    return slot;
  }

  void add_alone(const Node& node) {
    Stage stage;
    stage.node = node;
    for (const ValueId input : node.inputs) stage.inputs.push_back(slot(input));
    for (const ValueId output : node.outputs) stage.outputs.push_back(slot(output));
    if (node.op.has(Trait::any_kind))
      for (const ValueId output : node.outputs) stage.types.push_back(graph_.type(output));
    const bool learns_by_value = node.regions.empty() and not node.op.has(Trait::data_dependent) and not node.op.has(Trait::random) and
                                 graph_.live_nodes() > 1 and not has_host_values(node);
    if (learns_by_value) stage.part = part_of({node.id}, stage);
    for (const Graph& body : node.regions) stage.bodies.push_back(std::make_unique<DynamicGraph>(body, compiler_));
    made_.stages.push_back(std::move(stage));
  }

  bool has_host_values(const Node& node) const {
    const auto is_host_only = [&](ValueId id) { return id.valid() and graph_.type(id).is_host_only(); };
    return std::ranges::any_of(node.inputs, is_host_only) or std::ranges::any_of(node.outputs, is_host_only);
  }

  void add_part(const std::vector<NodeId>& nodes) {
    Stage stage;
    stage.part = part_of(nodes, stage);
    made_.stages.push_back(std::move(stage));
  }

  /// These nodes as a graph of their own; `stage` gets the slots of what it reads and makes.
  std::unique_ptr<DynamicGraph> part_of(const std::vector<NodeId>& nodes, Stage& stage) {
    std::set<uint32_t> members;
    for (const NodeId id : nodes) members.insert(id.index);
    Graph part;
    part.name = graph_.name;
    std::map<uint32_t, ValueId> inside;
    stage.inputs.clear();
    stage.outputs.clear();
    for (const NodeId id : nodes)
      for (const ValueId input : graph_.node(id).inputs) take_in(part, inside, members, input, stage);
    for (const NodeId id : nodes) {
      const Node& node = graph_.node(id);
      std::vector<ValueId> inputs;
      for (const ValueId input : node.inputs) inputs.push_back(input.valid() ? inside.at(input.index) : ValueId{});
      std::vector<std::string> names;
      for (const ValueId output : node.outputs) names.push_back(graph_.value(output).name);
      const NodeId copy = part.add_node(node.op, std::move(inputs), node.outputs.size(), std::move(names), node.name);
      part.mutable_node(copy).provenance = node.provenance;
      for (size_t i = 0; i < node.outputs.size(); ++i) inside[node.outputs[i].index] = part.node(copy).outputs[i];
    }
    for (const NodeId id : nodes)
      for (const ValueId output : graph_.node(id).outputs) {
        if (not is_read_outside(members, output)) continue;
        part.add_output(inside.at(output.index));
        stage.outputs.push_back(slot(output));
      }
    return std::make_unique<DynamicGraph>(std::move(part), compiler_);
  }

  void take_in(Graph& part, std::map<uint32_t, ValueId>& inside, const std::set<uint32_t>& members, ValueId id, Stage& stage) {
    if (not id.valid() or inside.contains(id.index)) return;
    const Value& value = graph_.value(id);
    if (value.producer.valid() and members.contains(value.producer.index)) return;
    if (value.constant) {
      inside[id.index] = part.add_constant(value.constant, value.name);
      return;
    }
    inside[id.index] = part.add_input(value.name, value.type);
    stage.inputs.push_back(slot(id));
  }

  bool is_read_outside(const std::set<uint32_t>& members, ValueId id) const {
    const Value& value = graph_.value(id);
    return value.output_uses > 0 or std::ranges::any_of(value.users, [&](NodeId user) { return not members.contains(user.index); });
  }

  void note_last_uses() {
    std::vector<size_t> last(made_.slots.size(), SIZE_MAX);
    for (size_t i = 0; i < made_.stages.size(); ++i) {
      for (const uint32_t slot : made_.stages[i].inputs)
        if (slot != no_slot) last[slot] = i;
      for (const uint32_t slot : made_.stages[i].outputs) last[slot] = i;
    }
    for (const uint32_t slot : made_.outputs) last[slot] = SIZE_MAX;
    for (uint32_t slot = 0; slot < last.size(); ++slot)
      if (last[slot] != SIZE_MAX and not made_.slots[slot].defined()) made_.stages[last[slot]].last_uses.push_back(slot);
  }

  const Graph& graph_;
  const std::shared_ptr<Compiler>& compiler_;
  StagedProgram made_;
  std::vector<Level> levels_;
  std::vector<size_t> level_of_;
  std::vector<uint32_t> slot_of_;
};

}  // namespace

bool stands_alone(const Graph& graph, const Node& node) {
  if (not node.regions.empty()) return true;
  for (const ValueId input : node.inputs)
    if (input.valid() and graph.type(input).is_host_only() and graph.constant(input) == nullptr) return true;
  std::set<std::string> made;
  for (const ValueId output : node.outputs) {
    if (graph.type(output).is_host_only()) return true;
    add_symbols(made, graph.type(output).shape);
  }
  return not made.empty() and not std::ranges::includes(symbols_of_inputs(graph, node), made);
}

bool is_compilable(const Graph& graph) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (stands_alone(graph, node)) return false;
    for (const ValueId output : node.outputs)
      if (not graph.type(output).shape.is_static()) return false;
  }
  return std::ranges::all_of(graph.inputs(),
                             [&](ValueId input) { return graph.type(input).shape.is_static() and not graph.type(input).is_host_only(); });
}

StagedProgram make_stages(const Graph& graph, const std::shared_ptr<Compiler>& compiler) { return Splitter(graph, compiler).run(); }

}  // namespace burnish::runtime
