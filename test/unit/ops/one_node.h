// Helpers of the operator tests: infer or evaluate a single node, and import one ONNX node without a file.
#pragma once

#include <map>
#include <variant>

#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ops/import.h"

namespace burnish::ops::test {

/// The outputs of one operator for inputs that are all runtime tensors (undefined: omitted).
std::vector<Tensor> evaluate_op(const Op& op, const std::vector<Tensor>& inputs, size_t outputs = 1);

/// A graph to infer in. Symbols are named by letters: `input(f32, {"N", 4})` is written with Dim::symbol.
class Scene {
 public:
  ValueId input(DType dtype, Shape shape);
  ValueId constant(Tensor tensor) { return graph.add_constant(std::move(tensor)); }
  ValueId list(std::vector<int64_t> values);
  ValueId add(Op op, std::vector<ValueId> inputs) { return add(std::move(op), std::move(inputs), 1).front(); }
  std::vector<ValueId> add(Op op, std::vector<ValueId> inputs, size_t outputs);
  std::string shape(ValueId id) const { return graph.type(id).shape.text(); }
  /// "[N,3,4]" where the values are known, else "unknown".
  std::string values(ValueId id) const;

  Graph graph;
};

/// The message of the Error that `work` throws; empty where it throws none.
template <class Work>
std::string message_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) { return error.message(); }
  return {};
}

/// An ONNX node as its importer sees it, with attributes given in the test.
class FakeNode final : public ImportContext {
 public:
  using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>, std::vector<std::string>, Tensor>;

  FakeNode(std::string op, int64_t opset, std::vector<Tensor> inputs, std::map<std::string, Attribute> attributes = {}, size_t outputs = 1);

  /// Imports the node and evaluates what came of it. The inputs named in `constants` are constants of the graph.
  std::vector<Tensor> run(const std::vector<size_t>& constants = {});

  std::string_view op_type() const override { return op_; }
  std::string_view domain() const override { return ""; }
  int64_t opset() const override { return opset_; }
  bool has_attribute(std::string_view name) const override { return attributes_.contains(std::string(name)); }
  std::optional<int64_t> find_int(std::string_view name) const override { return find<int64_t>(name); }
  std::optional<double> find_float(std::string_view name) const override { return find<double>(name); }
  std::optional<std::string> find_string(std::string_view name) const override { return find<std::string>(name); }
  std::optional<std::vector<int64_t>> find_ints(std::string_view name) const override { return find<std::vector<int64_t>>(name); }
  std::optional<std::vector<double>> find_floats(std::string_view name) const override { return find<std::vector<double>>(name); }
  std::optional<std::vector<std::string>> find_strings(std::string_view name) const override {
    return find<std::vector<std::string>>(name);
  }
  std::optional<Tensor> find_tensor(std::string_view name) const override { return find<Tensor>(name); }
  ImportedRegion region(std::string_view name) override;
  size_t input_count() const override { return ids_.size(); }
  size_t output_count() const override { return outputs_.size(); }
  bool wants_output(size_t index) const override { return index < outputs_.size(); }
  ValueId input(size_t index) const override { return ids_.at(index); }
  const Graph& graph() const override { return graph_; }
  std::vector<ValueId> add(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<Graph> regions) override;
  ValueId constant(Tensor tensor) override { return graph_.add_constant(std::move(tensor)); }
  void set_output(size_t index, ValueId value) override { outputs_.at(index) = value; }
  using ImportContext::add;
  using ImportContext::constant;

 private:
  template <class T>
  std::optional<T> find(std::string_view name) const {
    const auto found = attributes_.find(std::string(name));
    return found == attributes_.end() ? std::nullopt : std::optional(std::get<T>(found->second));
  }

  std::string op_;
  int64_t opset_;
  std::vector<Tensor> inputs_;
  std::map<std::string, Attribute> attributes_;
  std::vector<ValueId> ids_;
  std::vector<ValueId> outputs_;
  Graph graph_;
};

}  // namespace burnish::ops::test
