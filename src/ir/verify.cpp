#include "ir/verify.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "ir/unknown.h"

namespace burnish {
namespace {

std::string describe_value(const Graph& graph, ValueId id) { return fmt::format("value #{} `{}`", id.index, graph.value(id).name); }

void verify_ids(const Graph& graph, const Node& node) {
  if (not node.op.defined()) fail("it has no operator");
  if (node.outputs.empty()) fail("it has no outputs");
  for (const ValueId input : node.inputs)
    if (input.valid() and input.index >= graph.value_count()) fail("it reads value #{}, which does not exist", input.index);
  for (const ValueId output : node.outputs) {
    if (output.index >= graph.value_count()) fail("it writes value #{}, which does not exist", output.index);
    const Value& value = graph.value(output);
    if (value.producer != node.id) fail("its output {} names another producer", describe_value(graph, output));
    if (value.constant or value.is_input) fail("its output {} is also a constant or an input", describe_value(graph, output));
    if (std::ranges::count(node.outputs, output) != 1) fail("it writes {} twice", describe_value(graph, output));
  }
}

/// How often each live node reads each value, as the nodes tell it and as the values tell it.
void verify_uses(const Graph& graph) {
  std::vector<std::vector<NodeId>> expected(graph.value_count());
  for (uint32_t i = 0; i < graph.node_slots(); ++i) {
    const Node& node = graph.node({i});
    if (node.removed) continue;
    for (const ValueId input : node.inputs)
      if (input.valid()) expected[input.index].push_back(node.id);
  }
  for (uint32_t i = 0; i < graph.value_count(); ++i) {
    std::vector<NodeId> listed = graph.value({i}).users;
    std::ranges::sort(listed);
    std::ranges::sort(expected[i]);
    if (listed != expected[i])
      fail("{} lists {} users, but {} nodes read it or other ones do", describe_value(graph, {i}), listed.size(), expected[i].size());
  }
}

void verify_value(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (value.producer.valid()) {
    if (value.producer.index >= graph.node_slots()) fail("its producer does not exist");
    const Node& producer = graph.node(value.producer);
    if (std::ranges::find(producer.outputs, id) == producer.outputs.end()) fail("its producer does not write it");
    if (producer.removed and (not value.users.empty() or value.output_uses > 0)) fail("it is used, but its producer was removed");
  } else if (not value.constant and not value.is_input and (not value.users.empty() or value.output_uses > 0)) {
    fail("it is used, but nothing produces it");
  }
  if (value.type.layout) fail("it has a layout; layouts exist only in plans");
  for (const Dim& dim : value.type.shape)
    if (dim.is_constant() and dim.value() < 0) fail("its type {} has a negative dimension", value.type.text());
  if (value.constant) {
    const Dims& dims = value.constant->dims();
    if (value.constant->dtype() != value.type.dtype or Shape(std::span<const int64_t>(dims)) != value.type.shape)
      fail("its type {} is not its constant's", value.type.text());
  }
}

void verify_interface(const Graph& graph) {
  std::map<ValueId, uint32_t> uses;
  for (const ValueId output : graph.outputs()) {
    if (not output.valid() or output.index >= graph.value_count()) fail("a graph output does not exist");
    ++uses[output];
  }
  for (uint32_t i = 0; i < graph.value_count(); ++i) {
    const Value& value = graph.value({i});
    const auto found = uses.find({i});
    if (value.output_uses != (found == uses.end() ? 0 : found->second))
      fail("{} counts {} uses as a graph output", describe_value(graph, {i}), value.output_uses);
    const auto listed = std::ranges::count(graph.inputs(), ValueId{i});
    if (listed != (value.is_input ? 1 : 0)) fail("{} stands {} times among the graph inputs", describe_value(graph, {i}), listed);
  }
}

void verify_types(const Graph& graph, const Node& node) {
  InferContext context = graph.infer_context(node.inputs, node.outputs.size(), node.regions);
  context.name_unknowns(std::string(fresh_prefix), 0);
  node.op.infer(context);
  DimRenames renames;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (not context.outputs()[i].set) fail("its output {} cannot be inferred", i);
    match_unknowns(context.outputs()[i].type.shape, graph.type(node.outputs[i]).shape, fresh_prefix, renames);
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    TensorType inferred = context.outputs()[i].type;
    inferred.shape = renamed(inferred.shape, renames);
    const TensorType& stored = graph.type(node.outputs[i]);
    if (not compatible(inferred, stored)) fail("its output {} is {}, but inference gives {}", i, stored.text(), inferred.text());
  }
}

}  // namespace

void verify(const Graph& graph, bool infer) {
  for (uint32_t i = 0; i < graph.node_slots(); ++i) {
    const Node& node = graph.node({i});
    if (node.removed) continue;
    in_context([&] { return describe(node); },
               [&] {
                 if (node.id != NodeId{i}) fail("its id is #{}, but it stands at #{}", node.id.index, i);
                 verify_ids(graph, node);
                 for (const Graph& region : node.regions) verify(region, infer);
               });
  }
  verify_uses(graph);
  for (uint32_t i = 0; i < graph.value_count(); ++i)
    in_context([&] { return describe_value(graph, {i}); }, [&] { verify_value(graph, {i}); });
  verify_interface(graph);
  for (const NodeId id : graph.order())
    if (infer) in_context([&] { return describe(graph.node(id)); }, [&] { verify_types(graph, graph.node(id)); });
}

}  // namespace burnish
