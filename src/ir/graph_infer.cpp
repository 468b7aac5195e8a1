// Inference over whole graphs: what a node's operator sees, inferring everything again, and binding symbols to numbers.
#include "base/error.h"
#include "ir/graph.h"
#include "ir/unknown.h"

namespace burnish {
namespace {

/// Names for the unknown sizes of a node inferred again: the symbol that stood there before, else a new one.
DimRenames lasting_names(const Graph& graph, const Node& node, const InferContext& context, uint64_t& next_unknown) {
  DimRenames renames;
  for (size_t i = 0; i < node.outputs.size(); ++i)
    match_unknowns(context.outputs()[i].type.shape, graph.type(node.outputs[i]).shape, fresh_prefix, renames);
  std::erase_if(renames, [](const auto& entry) { return not entry.second.symbol_name().starts_with(unknown_prefix); });
  for (uint64_t i = 0; i < context.unknown_count(); ++i)
    if (const std::string fresh = fmt::format("{}{}", fresh_prefix, i); not renames.contains(fresh))
      renames.emplace(fresh, Dim::symbol(fmt::format("{}{}", unknown_prefix, next_unknown++)));
  return renames;
}

/// Changes a body. One that does not fit its new sizes stays as it was: it fails when it runs, and an If may never run it.
template <class Change>
void change_body(Graph& body, const Change& change) {
  Graph changed = body;
  try {
    change(changed);
  } catch (const Error& error) {
    if (error.code() == StatusCode::internal) throw;
    return;
  }
  body = std::move(changed);
}

}  // namespace

InferContext Graph::infer_context(std::span<const ValueId> inputs, size_t outputs, std::span<const Graph> regions) const {
  std::vector<InferContext::Input> seen(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (not inputs[i].valid()) continue;
    BURNISH_CHECK(inputs[i].index < values_.size(), "input {} is not a value of this graph", i);
    const Value& source = value(inputs[i]);
    seen[i] = {true, source.type, source.constant, source.values};
  }
  InferContext context(std::move(seen), outputs, regions);
  context.name_unknowns(std::string(unknown_prefix), next_unknown_);
  return context;
}

void Graph::infer_again() {
  for (const NodeId id : order()) {
    Node& node = mutable_node(id);
    for (Graph& region : node.regions) change_body(region, [](Graph& body) { body.infer_again(); });
    InferContext context = infer_context(node.inputs, node.outputs.size(), node.regions);
    context.name_unknowns(std::string(fresh_prefix), 0);
    in_context([&] { return describe(node); }, [&] { node.op.infer(context); });
    const DimRenames renames = lasting_names(*this, node, context, next_unknown_);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const InferContext::Output& made = context.outputs()[i];
      Value& target = mutable_value(node.outputs[i]);
      target.type = made.type;
      target.type.shape = renamed(made.type.shape, renames);
      target.values = made.values ? std::optional(renamed(*made.values, renames)) : std::nullopt;
    }
  }
}

void Graph::bind(const DimBindings& bindings) {
  for (const auto& [symbol, size] : bindings) {
    const auto found = symbols.find(symbol);
    if (found == symbols.end()) continue;
    if (size < found->second.min or size > found->second.max)
      fail("the symbol {} is bound to {}, outside of {} to {}", symbol, size, found->second.min, found->second.max);
    symbols.erase(found);
  }
  for (Value& value : values_) {
    value.type.shape = value.type.shape.substituted(bindings);
    if (value.values)
      for (Dim& dim : *value.values) dim = dim.substituted(bindings);
  }
  for (Node& node : nodes_)
    for (Graph& region : node.regions) change_body(region, [&](Graph& body) { body.bind(bindings); });
  infer_again();
}

}  // namespace burnish
