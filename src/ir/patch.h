// A change a rule proposes: new nodes and constants, and which values they replace. Nothing happens until the rewriter applies it.
// Types of proposed values are inferred at once, so a rule can look at them. Replaced values must keep dtype and shape.
#pragma once

#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace burnish {

class Patch {
 public:
  Patch(const Graph& graph, std::string_view rule) : graph_(&graph), rule_(rule), first_(static_cast<uint32_t>(graph.value_count())) {}

  /// Adds a node and returns its first output; `outputs` > 1 gives consecutive ids.
  ValueId add(Op op, std::vector<ValueId> inputs, size_t outputs = 1);
  ValueId constant(Tensor tensor);
  void replace(ValueId from, ValueId to);

  /// The type of an existing or a proposed value.
  const TensorType& type(ValueId id) const;
  std::string_view rule() const { return rule_; }

  /// Applies the change, removes what died, and gives the new nodes the provenance of the dead. Called by the rewriter.
  void apply(Graph& graph, NodeId matched) const;

 private:
  struct PendingNode {
    Op op;
    std::vector<ValueId> inputs;
    std::vector<ValueId> outputs;
  };
  struct PendingValue {
    TensorType type;
    std::shared_ptr<const Tensor> constant;
    std::optional<DimValues> values;
  };
  InferContext::Input infer_input(ValueId id) const;
  void check() const;
  std::vector<NodeId> add_nodes(Graph& graph, const std::string& base) const;
  void keep_unknowns(Graph& graph) const;

  const Graph* graph_;
  std::string_view rule_;
  uint32_t first_;
  uint64_t unknowns_ = 0;
  std::vector<PendingNode> nodes_;
  std::vector<PendingValue> values_;
  std::vector<std::pair<ValueId, ValueId>> replaced_;
};

}  // namespace burnish
