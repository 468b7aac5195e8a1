// Constant folding: one walk in order of execution, so that whole chains fold at once.
#include "passes/fold_constants.h"

#include "base/error.h"
#include "ir/evaluate.h"
#include "ops/quantize.h"

namespace burnish::passes {
namespace {

bool stays(const Graph& graph, const Node& node) {
  if (node.op.has(Trait::random) or node.op.has(Trait::has_regions)) return true;
  for (const ValueId output : node.outputs)
    if (graph.type(output).kind != ValueKind::tensor) return true;
  return node.op.is<ops::DequantizeLinear>() and graph.type(node.inputs[0]).dtype != DType::i32;
}

bool all_constant(const Graph& graph, const Node& node) {
  for (const ValueId input : node.inputs)
    if (input.valid() and graph.constant(input) == nullptr) return false;
  return true;
}

bool all_static(const Graph& graph, const Node& node) {
  for (const ValueId output : node.outputs)
    if (not graph.type(output).shape.is_static()) return false;
  return true;
}

/// Bytes of the results less bytes of the inputs. Strings count as one byte each.
int64_t growth(const Graph& graph, const Node& node) {
  const auto bytes = [&](ValueId id) {
    const TensorType& type = graph.type(id);
    return element_count(type.shape.dims()) * std::max<int64_t>(1, static_cast<int64_t>(byte_size(type.dtype)));
  };
  int64_t total = 0;
  for (const ValueId input : node.inputs) total -= input.valid() ? bytes(input) : 0;
  for (const ValueId output : node.outputs) total += bytes(output);
  return total;
}

/// Small integers may be sizes: once they are known, inference can say more about what follows.
bool may_be_sizes(const Graph& graph, const Node& node) {
  for (const ValueId output : node.outputs)
    if (graph.type(output).shape.rank() <= 1 and is_integer(graph.type(output).dtype)) return true;
  return false;
}

void fold(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  std::vector<Tensor> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(input.valid() ? *graph.constant(input) : Tensor());
  std::vector<Tensor> results = in_context([&] { return "folding " + describe(node); }, [&] { return evaluate(node, inputs); });
  const std::vector<ValueId> outputs = node.outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Value& value = graph.value(outputs[i]);
    if (value.users.empty() and value.output_uses == 0) continue;
    graph.replace_uses(outputs[i], graph.add_constant(std::move(results[i])));
  }
  graph.remove_node(id);
}

}  // namespace

bool FoldConstants::run(Graph& graph) const {
  bool changed = false;
  bool sharper = false;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (not all_constant(graph, node) or stays(graph, node)) continue;
    const bool known = all_static(graph, node);
    // Sizes that depend on data become known by computing them; inputs bound how large they can be.
    if (not known and not node.op.has(Trait::data_dependent)) continue;
    if (known and growth(graph, node) > growth_limit) continue;
    sharper |= not known or may_be_sizes(graph, node);
    fold(graph, id);
    changed = true;
  }
  if (sharper) graph.infer_again();
  return changed;
}

}  // namespace burnish::passes
