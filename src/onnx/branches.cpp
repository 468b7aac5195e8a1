// Opening an If means to go on with copies of its branches; closing it makes one node of them again. The If as it was stays, for whoever
// reads it already, and goes with the next dead nodes.
#include "onnx/branches.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "ops/if.h"
#include "ops/impossible.h"

namespace burnish::onnx {
namespace {

// Each open If may double the nodes that follow; real files have one or two in one another.
constexpr size_t most_open = 8;

/// The If that gives this name a tensor of unknown rank, in the scope's own graph.
std::optional<NodeId> branching(const Scope& scope, std::string_view name) {
  const auto found = scope.values.find(std::string(name));
  if (found == scope.values.end() or not found->second.valid()) return {};
  const Value& value = scope.graph.value(found->second);
  if (value.type.kind != ValueKind::tensor or value.type.known != Known::nothing or not value.producer.valid()) return {};
  return scope.graph.node(value.producer).op.is<ops::If>() ? std::optional(value.producer) : std::nullopt;
}

std::optional<NodeId> branching(const Scope& scope, const std::set<std::string_view>& names) {
  for (const std::string_view name : names)
    if (const auto found = branching(scope, name)) return found;
  return {};
}

/// A value of the graph around a body, as the body's input.
ValueId captured(Scope& scope, ValueId outside) {
  const Value& value = scope.outer->graph.value(outside);
  if (value.constant != nullptr) return scope.graph.add_constant(value.constant, value.name);
  const ValueId inside = scope.graph.add_input(value.name, value.type);
  scope.graph.mutable_value(inside).values = value.values;
  scope.captured.push_back(outside);
  return inside;
}

bool same_rank(const TensorType& a, const TensorType& b) {
  return a.kind != ValueKind::tensor or a.kind != b.kind or (a.known == b.known and a.shape.rank() == b.shape.rank());
}

}  // namespace

Needs::Needs(const NodeList& nodes, std::span<const int> order, std::set<std::string_view> results) : results_(std::move(results)) {
  for (size_t position = 0; position < order.size(); ++position)
    for (const std::string_view name : names_read(nodes[order[position]])) last_reader_[name] = position;
}

bool Needs::is_read_after(size_t position, std::string_view name) const {
  const auto found = last_reader_.find(name);
  return found != last_reader_.end() and found->second > position;
}

struct Place::Branch {
  Graph graph;
  std::set<std::string> node_names;
  Scope scope;
  std::unique_ptr<Place> place;
  std::optional<Error> refusal;

  Branch(Graph body, Scope& outer, std::vector<ValueId> captures)
      : graph(std::move(body)),
        scope{.graph = graph,
              .opsets = outer.opsets,
              .node_names = node_names,
              .arguments = outer.arguments,
              .outer = &outer,
              .path = outer.path,
              .captured = std::move(captures)} {
    for (const NodeId id : graph.order()) node_names.insert(graph.node(id).name);
  }
};

struct Place::OpenIf {
  ValueId condition;
  std::string name;
  std::vector<std::string> provenance;
  std::array<std::unique_ptr<Branch>, 2> branches;
  std::vector<std::string> defined;  // names that have a value in each branch
  std::set<std::string, std::less<>> is_defined;
  size_t agreed = 0;  // of `defined`, so many at its beginning have one rank, or nobody reads them any more

  void define(const std::string& name) {
    if (is_defined.insert(name).second) defined.push_back(name);
  }
};

Place::Place(Scope& scope, const ImportNode& import, const std::function<const Needs&()>& needs, size_t depth)
    : scope_(scope), import_(import), needs_(needs), depth_(depth), watches_(depth > 0) {}

Place::~Place() = default;

/// Copies an If of the graph around whose results have no rank into this branch, where it can be opened.
void Place::fetch(const std::set<std::string_view>& names) {
  if (depth_ == 0) return;
  for (const std::string_view name : names) {
    if (scope_.values.contains(std::string(name))) continue;
    const auto found = branching(*scope_.outer, name);
    if (not found) continue;
    const Node& node = scope_.outer->graph.node(*found);
    const auto [copy, added] = fetched_.try_emplace(found->index);
    if (added) {
      std::vector<ValueId> inputs;
      for (const ValueId input : node.inputs) inputs.push_back(captured(scope_, input));
      copy->second =
          scope_.graph.add_node(node.op, std::move(inputs), node.outputs.size(), {}, scope_.unique_node_name(node.name), node.regions);
      scope_.graph.mutable_node(copy->second).provenance = node.provenance;
    }
    const ValueId outside = scope_.outer->values.at(std::string(name));
    const auto index = static_cast<size_t>(std::ranges::find(node.outputs, outside) - node.outputs.begin());
    scope_.values.emplace(name, scope_.graph.node(copy->second).outputs.at(index));
  }
}

void Place::add(proto::NodeProto& node, int index, size_t position) {
  if (watches_) {
    const std::set<std::string_view> names = names_read(node);
    fetch(names);
    const std::optional<NodeId> branches = branching(scope_, names);
    if (branches and open_ == nullptr) open(*branches, all_names());
    const auto is_defined = [&](std::string_view name) { return open_->is_defined.contains(name); };
    if (open_ != nullptr and (branches or std::ranges::any_of(names, is_defined))) return add_to_both(node, index, position);
  }
  import_(node, index, scope_);
  for (const std::string& output : node.output()) {
    const auto branches = branching(scope_, output);
    if (not branches) continue;
    watches_ = true;
    if (open_ == nullptr and needs_().is_read_after(position, output)) open(*branches, {node.output().begin(), node.output().end()});
  }
}

void Place::add_to_both(proto::NodeProto& node, int index, size_t position) {
  for (const auto& branch : open_->branches) {
    if (branch->refusal) continue;
    try {
      branch->place->add(node, index, position);
    } catch (const Error& error) {
      if (error.code() != StatusCode::invalid_argument and error.code() != StatusCode::unsupported) throw;
      branch->refusal = error;
    }
  }
  const auto& [yes, no] = open_->branches;
  if (yes->refusal and no->refusal) throw *yes->refusal;
  for (const std::string& output : node.output())
    if (not output.empty()) open_->define(output);
  settle(position);
}

std::vector<std::string> Place::all_names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : scope_.values) names.push_back(name);
  return names;
}

/// `names` are those that may stand for its results.
void Place::open(NodeId id, const std::vector<std::string>& names) {
  const Node& node = scope_.graph.node(id);
  if (depth_ >= most_open)
    throw Error(fmt::format("more than {} Ifs in one another give results of different rank", most_open), StatusCode::resource_exhausted);
  open_ = std::make_unique<OpenIf>();
  open_->condition = node.inputs[0];
  open_->name = node.name;
  open_->provenance = node.provenance;
  const auto first = node.inputs.begin() + 1;
  const auto second = first + static_cast<std::ptrdiff_t>(node.regions[0].inputs().size());
  open_->branches = {std::make_unique<Branch>(node.regions[0], scope_, std::vector<ValueId>(first, second)),
                     std::make_unique<Branch>(node.regions[1], scope_, std::vector<ValueId>(second, node.inputs.end()))};
  for (const auto& branch : open_->branches) {
    branch->place = std::make_unique<Place>(branch->scope, import_, needs_, depth_ + 1);
    if (ops::is_impossible(branch->graph)) branch->refusal = Error("the condition rules it out");
  }
  for (const std::string& name : names) {
    const auto value = scope_.values.find(name);
    if (value == scope_.values.end()) continue;
    const auto output = std::ranges::find(node.outputs, value->second);
    if (output == node.outputs.end()) continue;
    const auto at = static_cast<size_t>(output - node.outputs.begin());
    for (const auto& branch : open_->branches) branch->scope.values[name] = branch->graph.outputs()[at];
    open_->define(name);
  }
}

bool Place::agrees(size_t position) {
  const auto& [yes, no] = open_->branches;
  if (yes->refusal or no->refusal) return true;
  for (size_t& agreed = open_->agreed; agreed < open_->defined.size(); ++agreed) {
    const std::string& name = open_->defined[agreed];
    if (needs_().is_read_after(position, name) and
        not same_rank(yes->graph.type(yes->scope.values.at(name)), no->graph.type(no->scope.values.at(name))))
      return false;
  }
  return true;
}

bool Place::settle(size_t position) {
  if (open_ == nullptr) return true;
  for (const auto& branch : open_->branches)
    if (not branch->refusal and not branch->place->settle(position)) return false;
  if (not agrees(position)) return false;
  close(position);
  return true;
}

void Place::close(size_t position) {
  const std::unique_ptr<OpenIf> done = std::move(open_);
  std::erase_if(done->defined,
                [&](const std::string& name) { return not needs_().is_read_after(position, name) and not needs_().is_result(name); });
  if (done->defined.empty()) return;
  std::vector<ValueId> inputs{done->condition};
  std::vector<std::string> names;
  for (const std::string& name : done->defined) names.push_back(scope_.path + name);
  for (const auto& branch : done->branches) {
    if (branch->refusal) continue;
    const size_t old = branch->graph.outputs().size();
    for (size_t i = 0; i < std::max(old, done->defined.size()); ++i) {
      // The branch's old results make room; a body may give more than its node takes.
      const ValueId value = branch->scope.values.at(done->defined[i < done->defined.size() ? i : 0]);
      if (i < old) branch->graph.replace_output(i, value);
      else branch->graph.add_output(value);
    }
  }
  auto& [yes, no] = done->branches;
  if (yes->refusal) yes = std::make_unique<Branch>(ops::impossible_body(no->graph, yes->refusal->what()), scope_, std::vector<ValueId>());
  if (no->refusal) no = std::make_unique<Branch>(ops::impossible_body(yes->graph, no->refusal->what()), scope_, std::vector<ValueId>());
  std::vector<Graph> bodies;
  for (const auto& branch : done->branches) {
    inputs.insert(inputs.end(), branch->scope.captured.begin(), branch->scope.captured.end());
    branch->graph.remove_dead();
    bodies.push_back(std::move(branch->graph));
  }
  const NodeId made = scope_.graph.add_node(ops::If{}, std::move(inputs), done->defined.size(), std::move(names),
                                            scope_.unique_node_name(done->name), std::move(bodies));
  scope_.graph.mutable_node(made).provenance = done->provenance;
  for (size_t i = 0; i < done->defined.size(); ++i) scope_.values[done->defined[i]] = scope_.graph.node(made).outputs[i];
}

void Place::finish() {
  if (open_ == nullptr) return;
  for (const auto& branch : open_->branches)
    if (not branch->refusal) branch->place->finish();
  close(SIZE_MAX);
}

}  // namespace burnish::onnx
