// Builds graphs from node lists: the main graph, bodies of control flow, and calls of local functions, which it inlines.
// import_model makes one Builder per model; NodeContext calls back into it for bodies. The survey has already bounded all recursion.
#pragma once

#include "burnish/import_config.h"
#include "onnx/functions.h"
#include "onnx/inputs.h"
#include "onnx/scope.h"
#include "onnx/sort.h"
#include "onnx/tensors.h"
#include "ops/import.h"

namespace burnish::onnx {

class Builder {
 public:
  Builder(const ImportConfig& config, const FunctionTable& functions, TensorReader& tensors)
      : log_(config.log), functions_(functions), tensors_(tensors), symbols_(config) {}

  Graph main_graph(proto::GraphProto& graph, const Opsets& opsets);

  /// A body whose formal inputs have the types `formals` where it declares none.
  ops::ImportedRegion region(proto::GraphProto& body, Scope& outer, const std::vector<std::optional<TensorType>>& formals);

  TensorReader& tensors() { return tensors_; }
  Symbols& symbols() { return symbols_; }
  /// Counts a node; throws Error where bodies in bodies are imported absurdly often.
  void count_node();

 private:
  void define_initializers(proto::GraphProto& graph, Scope& scope);
  void define_region_inputs(const proto::GraphProto& body, Scope& scope, const std::vector<std::optional<TensorType>>& formals);
  /// `results` are the names that are asked for afterwards.
  void import_nodes(NodeList& nodes, Scope& scope, std::set<std::string_view> results);
  void import_node(proto::NodeProto& node, int index, Scope& scope);
  void inline_call(const Function& function, proto::NodeProto& node, const std::string& name, Scope& scope);
  void define_outputs(const proto::GraphProto& graph, Scope& scope);
  void compare_with_declared(const proto::ValueInfoProto& output, const TensorType& type) const;

  const Logger& log_;
  const FunctionTable& functions_;
  TensorReader& tensors_;
  Symbols symbols_;
  size_t nodes_made_ = 0;
  size_t branch_nodes_ = 0;
};

}  // namespace burnish::onnx
