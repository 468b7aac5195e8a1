// Kahn's algorithm with the file's order as the tie-break.
#include "onnx/sort.h"

#include <queue>
#include <unordered_map>

#include "base/error.h"

namespace burnish::onnx {
namespace {

void for_each_body(const proto::NodeProto& node, const std::function<void(const proto::GraphProto&)>& visit) {
  for (const proto::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) visit(attribute.g());
    for (const proto::GraphProto& graph : attribute.graphs()) visit(graph);
  }
}

std::unordered_map<std::string_view, int> producers_of(const NodeList& nodes) {
  std::unordered_map<std::string_view, int> producers;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string& output : nodes[i].output()) {
      if (output.empty()) continue;
      const auto [other, added] = producers.emplace(output, i);
      if (not added) fail("{} and {} both produce `{}`", describe(nodes[other->second], other->second), describe(nodes[i], i), output);
    }
  return producers;
}

}  // namespace

std::string describe(const proto::NodeProto& node, int index) {
  return node.name().empty() ? fmt::format("node number {} ({})", index, node.op_type())
                             : fmt::format("node `{}` ({})", node.name(), node.op_type());
}

std::set<std::string_view> names_read(const proto::NodeProto& node) {
  std::set<std::string_view> names;
  for (const std::string& input : node.input())
    if (not input.empty()) names.insert(input);
  for_each_body(node, [&](const proto::GraphProto& body) { names.merge(captured_names(body)); });
  return names;
}

std::set<std::string_view> captured_names(const proto::GraphProto& graph) {
  std::set<std::string_view> read;
  for (const proto::NodeProto& node : graph.node()) read.merge(names_read(node));
  for (const proto::ValueInfoProto& output : graph.output()) read.insert(output.name());
  for (const proto::NodeProto& node : graph.node())
    for (const std::string& output : node.output()) read.erase(output);
  for (const proto::ValueInfoProto& input : graph.input()) read.erase(input.name());
  for (const proto::TensorProto& tensor : graph.initializer()) read.erase(tensor.name());
  for (const proto::SparseTensorProto& tensor : graph.sparse_initializer()) read.erase(tensor.values().name());
  return read;
}

std::vector<int> execution_order(const NodeList& nodes, const std::function<bool(const std::string&)>& known) {
  const auto producers = producers_of(nodes);
  std::vector<std::vector<int>> users(static_cast<size_t>(nodes.size()));
  std::vector<size_t> waits(static_cast<size_t>(nodes.size()));
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string_view name : names_read(nodes[i])) {
      if (const auto producer = producers.find(name); producer != producers.end()) {
        users[static_cast<size_t>(producer->second)].push_back(i);
        ++waits[static_cast<size_t>(i)];
      } else if (not known(std::string(name))) {
        fail("{} reads `{}`, which no node, input or initializer provides", describe(nodes[i], i), name);
      }
    }

  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < nodes.size(); ++i)
    if (waits[static_cast<size_t>(i)] == 0) ready.push(i);
  std::vector<int> order;
  while (not ready.empty()) {
    const int next = ready.top();
    ready.pop();
    order.push_back(next);
    for (const int user : users[static_cast<size_t>(next)])
      if (--waits[static_cast<size_t>(user)] == 0) ready.push(user);
  }
  for (int i = 0; i < nodes.size(); ++i)
    if (waits[static_cast<size_t>(i)] > 0) fail("{} is on a cycle, or behind one: it waits for its own result", describe(nodes[i], i));
  return order;
}

}  // namespace burnish::onnx
