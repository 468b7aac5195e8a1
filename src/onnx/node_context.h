// ImportContext over one ONNX node: what an operator's importer reads and adds to. The builder makes one for each node it imports.
// It names what the importer adds, records where it came from, and checks that every output of the ONNX node was given a value.
#pragma once

#include "onnx/attributes.h"
#include "onnx/build.h"
#include "ops/import.h"

namespace burnish::onnx {

class NodeContext final : public ops::ImportContext {
 public:
  /// `name` is unique in the scope's graph.
  NodeContext(Builder& builder, Scope& scope, proto::NodeProto& node, std::string name, int64_t opset);

  std::string_view op_type() const override { return node_.op_type(); }
  std::string_view domain() const override { return plain_domain(node_.domain()); }
  int64_t opset() const override { return opset_; }

  bool has_attribute(std::string_view name) const override { return attributes_.contains(name); }
  std::optional<int64_t> find_int(std::string_view name) const override;
  std::optional<double> find_float(std::string_view name) const override;
  std::optional<std::string> find_string(std::string_view name) const override;
  std::optional<std::vector<int64_t>> find_ints(std::string_view name) const override;
  std::optional<std::vector<double>> find_floats(std::string_view name) const override;
  std::optional<std::vector<std::string>> find_strings(std::string_view name) const override;
  std::optional<Tensor> find_tensor(std::string_view name) const override;
  std::optional<TensorType> find_type(std::string_view name) const override;
  ops::ImportedRegion region(std::string_view name) override;
  ops::ImportedRegion typed_region(std::string_view name, const std::vector<TensorType>& inputs) override;

  size_t input_count() const override { return inputs_.size(); }
  size_t output_count() const override { return output_count_; }
  bool wants_output(size_t index) const override { return index < output_count_ and not node_.output(static_cast<int>(index)).empty(); }
  ValueId input(size_t index) const override { return inputs_.at(index); }

  const Graph& graph() const override { return scope_.graph; }
  std::vector<ValueId> add(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<Graph> regions) override;
  ValueId constant(Tensor tensor) override;
  void set_output(size_t index, ValueId value) override;

  /// Throws Error where an output that the model names has no value.
  void finish() const;

 private:
  /// A body, and the scope it was written in.
  std::pair<proto::GraphProto*, Scope*> body(std::string_view name) const;

  Builder& builder_;
  Scope& scope_;
  proto::NodeProto& node_;
  std::string name_;
  int64_t opset_;
  Arguments attributes_;
  std::vector<ValueId> inputs_;
  size_t output_count_ = 0;
  size_t added_ = 0;
  std::set<ValueId> unnamed_;  // made by this node, without a name from the model so far
};

/// Defines the ONNX name `name` and gives it to `value` where that is in `unnamed`.
void define_named(Scope& scope, const std::string& name, ValueId value, std::set<ValueId>& unnamed);

}  // namespace burnish::onnx
