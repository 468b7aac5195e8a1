// The network while it is being compiled: nodes and values in arenas, addressed by typed ids.
// The importer builds it, passes rewrite it, tactics read it. Nodes need not be stored in order: `order()` sorts by data.
// Types are inferred as nodes are added, so a graph is typed at all times. It never holds layouts, devices or times.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/ids.h"
#include "ir/infer.h"
#include "ir/op.h"
#include "tensor/tensor_type.h"

namespace burnish {

struct Value {
  std::string name;  // the ONNX name where there is one, else made from the node
  TensorType type;
  NodeId producer;                         // invalid for inputs and constants
  std::vector<NodeId> users;               // one entry per use; a node that reads it twice stands twice
  std::shared_ptr<const Tensor> constant;  // weights and literals
  std::optional<DimValues> values;         // what is known of a small integer tensor
  bool is_input = false;
  uint32_t output_uses = 0;  // how often it is a graph output
};

class Graph;

struct Node {
  NodeId id;
  Op op;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::string name;
  std::vector<std::string> provenance;  // names of the ONNX nodes it came from, in order of execution
  std::vector<Graph> regions;           // bodies of If, Loop, Scan; they capture outer values as trailing inputs
  bool removed = false;
};

/// The legal sizes of a symbol: from the model, or from an optimization profile.
struct SymbolRange {
  int64_t min = 0;
  int64_t max = INT64_MAX;
};

class Graph {
 public:
  std::string name;
  std::map<std::string, SymbolRange, std::less<>> symbols;

  ValueId add_input(std::string name, TensorType type);
  ValueId add_constant(Tensor tensor, std::string name = {});
  ValueId add_constant(std::shared_ptr<const Tensor> tensor, std::string name = {});
  /// Infers the output types; an Error gets the node as context. Returns the new node, with `outputs` fresh values
  /// named `output_names` (made up where empty).
  NodeId add_node(Op op, std::vector<ValueId> inputs, size_t outputs = 1, std::vector<std::string> output_names = {}, std::string name = {},
                  std::vector<Graph> regions = {});
  /// Outputs have names of their own (the value's, where empty): a pass may make two outputs one value, or an output an input.
  void add_output(ValueId value, std::string name = {});
  void replace_output(size_t index, ValueId value);
  const std::string& output_name(size_t index) const { return output_names_.at(index); }

  /// Every use of `from` (graph outputs included) reads `to` from now on. Output names stay as they are; where `to` is neither an
  /// input nor an output yet, it also takes over the value name of an output.
  void replace_uses(ValueId from, ValueId to);
  /// One input of one node reads `to` from now on.
  void replace_input(NodeId node, size_t index, ValueId to);
  /// Takes a node out; nobody may use its outputs any more.
  void remove_node(NodeId node);
  /// Removes nodes nobody needs, cascading from `seeds` (or over the whole graph). Returns what was removed.
  std::vector<NodeId> remove_dead(std::span<const NodeId> seeds = {});

  const Node& node(NodeId id) const { return nodes_.at(id.index); }
  Node& mutable_node(NodeId id) { return nodes_.at(id.index); }
  const Value& value(ValueId id) const { return values_.at(id.index); }
  Value& mutable_value(ValueId id) { return values_.at(id.index); }
  const TensorType& type(ValueId id) const { return value(id).type; }
  size_t value_count() const { return values_.size(); }
  size_t node_slots() const { return nodes_.size(); }
  size_t live_nodes() const;

  std::span<const ValueId> inputs() const { return inputs_; }
  std::span<const ValueId> outputs() const { return outputs_; }

  /// Live nodes in an order in which every producer stands before its users; stable. Throws Error naming a node on a cycle.
  std::vector<NodeId> order() const;

  /// Convenience for passes; all take an omitted (invalid) value too.
  const Tensor* constant(ValueId id) const;     // nullptr where not constant
  const Node* producer(ValueId id) const;       // nullptr for inputs and constants
  const Node* only_producer(ValueId id) const;  // the producer where this is its single use and no graph output
  bool single_use(ValueId id) const;
  bool is_output(ValueId id) const { return value(id).output_uses > 0; }

  /// What inference would see for these inputs.
  InferContext infer_context(std::span<const ValueId> inputs, size_t outputs, std::span<const Graph> regions = {}) const;
  /// Infers all types again from the inputs on, after symbols or input types changed. Regions included, as far as their own inputs say.
  void infer_again();
  /// The number of the next symbol for an unknown dim.
  uint64_t next_unknown() const { return next_unknown_; }
  void set_next_unknown(uint64_t next) { next_unknown_ = next; }
  /// Replaces symbols by numbers everywhere, regions included.
  void bind(const DimBindings& bindings);

 private:
  ValueId new_value(std::string name, TensorType type);
  void add_user(ValueId value, NodeId node);
  void drop_user(ValueId value, NodeId node);
  bool is_dead(const Node& node) const;

  std::deque<Node> nodes_;
  std::deque<Value> values_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  std::vector<std::string> output_names_;
  uint64_t next_unknown_ = 0;
};

/// "node `conv_12` (Conv)" for messages.
std::string describe(const Node& node);

}  // namespace burnish
