// Building and changing graphs: nodes, values, and the lists of uses on both sides. Inference over whole graphs is in graph_infer.cpp.
#include "ir/graph.h"

#include <algorithm>
#include <cctype>
#include <queue>

#include "base/error.h"
#include "ir/unknown.h"

namespace burnish {
namespace {

std::string made_up_name(const Op& op, const std::string& node_name, size_t output, size_t value) {
  std::string base = node_name;
  if (base.empty()) {
    for (const char c : op.name()) base += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return fmt::format("{}_{}", base, value);
  }
  return output == 0 ? base : fmt::format("{}_{}", base, output);
}

/// A node on a cycle: walking from producer to producer among the nodes that could not be sorted must come back.
NodeId node_on_cycle(const Graph& graph, const std::vector<size_t>& waiting) {
  NodeId at;
  for (uint32_t i = 0; i < waiting.size() and not at.valid(); ++i)
    if (waiting[i] > 0) at = {i};
  std::vector<bool> seen(waiting.size(), false);
  while (not seen[at.index]) {
    seen[at.index] = true;
    for (const ValueId input : graph.node(at).inputs) {
      const NodeId producer = input.valid() ? graph.value(input).producer : NodeId{};
      if (producer.valid() and waiting[producer.index] > 0) {
        at = producer;
        break;
      }
    }
  }
  return at;
}

}  // namespace

std::string describe(const Node& node) {
  const std::string_view op = node.op.defined() ? node.op.name() : std::string_view("no operator");
  if (node.name.empty()) return fmt::format("node #{} ({})", node.id.index, op);
  return fmt::format("node `{}` ({})", node.name, op);
}

ValueId Graph::new_value(std::string name, TensorType type) {
  BURNISH_CHECK(values_.size() < ValueId::none, "a graph has too many values");
  Value& value = values_.emplace_back();
  value.name = std::move(name);
  value.type = std::move(type);
  return {static_cast<uint32_t>(values_.size() - 1)};
}

void Graph::add_user(ValueId value, NodeId node) {
  if (value.valid()) mutable_value(value).users.push_back(node);
}

void Graph::drop_user(ValueId value, NodeId node) {
  if (not value.valid()) return;
  std::vector<NodeId>& users = mutable_value(value).users;
  if (const auto found = std::ranges::find(users, node); found != users.end()) users.erase(found);
}

ValueId Graph::add_input(std::string name, TensorType type) {
  next_unknown_ = std::max(next_unknown_, unknowns_end(type.shape));
  const ValueId id = new_value(std::move(name), std::move(type));
  mutable_value(id).is_input = true;
  inputs_.push_back(id);
  return id;
}

ValueId Graph::add_constant(Tensor tensor, std::string name) {
  return add_constant(std::make_shared<const Tensor>(std::move(tensor)), std::move(name));
}

ValueId Graph::add_constant(std::shared_ptr<const Tensor> tensor, std::string name) {
  BURNISH_CHECK(tensor != nullptr and tensor->defined() and tensor->is_tensor(), "a constant needs a tensor");
  const Dims& dims = tensor->dims();
  if (name.empty()) name = fmt::format("constant_{}", values_.size());
  const ValueId id = new_value(std::move(name), TensorType{tensor->dtype(), Shape(std::span<const int64_t>(dims)), {}});
  mutable_value(id).constant = std::move(tensor);
  return id;
}

NodeId Graph::add_node(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<std::string> output_names, std::string node_name,
                       std::vector<Graph> regions) {
  BURNISH_CHECK(op.defined() and outputs > 0, "a node needs an operator and an output");
  Node node;
  node.id = {static_cast<uint32_t>(nodes_.size())};
  node.op = std::move(op);
  node.inputs = std::move(inputs);
  node.name = std::move(node_name);
  node.regions = std::move(regions);
  // Everything that can fail comes first: a failed call leaves the graph as it was.
  InferContext context = infer_context(node.inputs, outputs, node.regions);
  in_context([&] { return describe(node); },
             [&] {
               node.op.infer(context);
               for (size_t i = 0; i < outputs; ++i)
                 if (not context.outputs()[i].set) fail("{} has no output {}", node.op.name(), i);
             });
  next_unknown_ += context.unknown_count();
  output_names.resize(outputs);
  for (size_t i = 0; i < outputs; ++i) {
    const InferContext::Output& made = context.outputs()[i];
    if (output_names[i].empty()) output_names[i] = made_up_name(node.op, node.name, i, values_.size());
    const ValueId id = new_value(std::move(output_names[i]), made.type);
    mutable_value(id).producer = node.id;
    mutable_value(id).values = made.values;
    node.outputs.push_back(id);
  }
  for (const ValueId input : node.inputs) add_user(input, node.id);
  nodes_.push_back(std::move(node));
  return nodes_.back().id;
}

void Graph::add_output(ValueId value, std::string output_name) {
  mutable_value(value).output_uses += 1;
  outputs_.push_back(value);
  output_names_.push_back(output_name.empty() ? this->value(value).name : std::move(output_name));
}

void Graph::replace_output(size_t index, ValueId value) {
  mutable_value(value).output_uses += 1;
  mutable_value(outputs_.at(index)).output_uses -= 1;
  outputs_[index] = value;
}

void Graph::replace_input(NodeId node, size_t index, ValueId to) {
  ValueId& input = mutable_node(node).inputs.at(index);
  if (input == to) return;
  drop_user(input, node);
  input = to;
  add_user(to, node);
}

void Graph::replace_uses(ValueId from, ValueId to) {
  if (from == to) return;
  Value& old = mutable_value(from);
  Value& now = mutable_value(to);
  if (old.output_uses > 0 and now.output_uses == 0 and not now.is_input and not old.is_input) now.name = old.name;
  for (const NodeId user : old.users)
    for (ValueId& input : mutable_node(user).inputs)
      if (input == from) input = to;
  now.users.insert(now.users.end(), old.users.begin(), old.users.end());
  old.users.clear();
  for (ValueId& output : outputs_)
    if (output == from) output = to;
  now.output_uses += old.output_uses;
  old.output_uses = 0;
}

bool Graph::is_dead(const Node& node) const {
  return not node.removed and
         std::ranges::all_of(node.outputs, [&](ValueId id) { return value(id).users.empty() and value(id).output_uses == 0; });
}

void Graph::remove_node(NodeId id) {
  Node& node = mutable_node(id);
  if (node.removed) return;
  BURNISH_CHECK(is_dead(node), "{} is removed although its outputs are used", describe(node));
  for (const ValueId input : node.inputs) drop_user(input, id);
  node.removed = true;
  node.regions.clear();
}

std::vector<NodeId> Graph::remove_dead(std::span<const NodeId> seeds) {
  std::vector<NodeId> work(seeds.begin(), seeds.end());
  if (seeds.empty())
    for (const Node& node : nodes_) work.push_back(node.id);
  std::vector<NodeId> removed;
  while (not work.empty()) {
    const NodeId id = work.back();
    work.pop_back();
    if (not is_dead(node(id))) continue;
    remove_node(id);
    removed.push_back(id);
    for (const ValueId input : node(id).inputs)
      if (const Node* source = producer(input); source != nullptr) work.push_back(source->id);
  }
  return removed;
}

size_t Graph::live_nodes() const { return static_cast<size_t>(std::ranges::count(nodes_, false, &Node::removed)); }

std::vector<NodeId> Graph::order() const {
  std::vector<size_t> waiting(nodes_.size(), 0);
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (const Node& node : nodes_) {
    if (node.removed) continue;
    for (const ValueId input : node.inputs)
      if (input.valid() and value(input).producer.valid()) ++waiting[node.id.index];
    if (waiting[node.id.index] == 0) ready.push(node.id.index);
  }
  std::vector<NodeId> sorted;
  while (not ready.empty()) {
    const NodeId id{ready.top()};
    ready.pop();
    sorted.push_back(id);
    for (const ValueId output : node(id).outputs)
      for (const NodeId user : value(output).users)
        if (--waiting[user.index] == 0) ready.push(user.index);
  }
  if (sorted.size() != live_nodes()) fail("the graph has a cycle through {}", describe(node(node_on_cycle(*this, waiting))));
  return sorted;
}

const Tensor* Graph::constant(ValueId id) const { return id.valid() ? value(id).constant.get() : nullptr; }

const Node* Graph::producer(ValueId id) const {
  if (not id.valid() or not value(id).producer.valid()) return nullptr;
  return &node(value(id).producer);
}

const Node* Graph::only_producer(ValueId id) const { return single_use(id) ? producer(id) : nullptr; }

bool Graph::single_use(ValueId id) const { return id.valid() and value(id).users.size() == 1 and value(id).output_uses == 0; }

}  // namespace burnish
