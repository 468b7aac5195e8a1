// Helpers of the operator tests.
#include "unit/ops/one_node.h"

#include <algorithm>

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::ops::test {

std::vector<Tensor> evaluate_op(const Op& op, const std::vector<Tensor>& inputs, size_t outputs) {
  Graph graph;
  std::vector<ValueId> ids;
  std::vector<Tensor> given;
  for (const Tensor& tensor : inputs) {
    if (not tensor.defined()) {
      ids.emplace_back();
      continue;
    }
    ids.push_back(graph.add_input(fmt::format("input_{}", ids.size()),
                                  TensorType{tensor.dtype(), Shape(std::span<const int64_t>(tensor.dims())), {}}));
    given.push_back(tensor);
  }
  const NodeId node = graph.add_node(op, ids, outputs);
  for (const ValueId output : graph.node(node).outputs) graph.add_output(output);
  return evaluate(graph, given);
}

ValueId Scene::input(DType dtype, Shape shape) {
  return graph.add_input(fmt::format("input_{}", graph.inputs().size()), TensorType{dtype, std::move(shape), {}});
}

ValueId Scene::list(std::vector<int64_t> values) {
  return constant(Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values)));
}

std::vector<ValueId> Scene::add(Op op, std::vector<ValueId> inputs, size_t outputs) {
  return graph.node(graph.add_node(std::move(op), std::move(inputs), outputs)).outputs;
}

std::string Scene::values(ValueId id) const {
  const auto& known = graph.value(id).values;
  return known ? Shape(*known).text() : "unknown";
}

FakeNode::FakeNode(std::string op, int64_t opset, std::vector<Tensor> inputs, std::map<std::string, Attribute> attributes, size_t outputs)
    : op_(std::move(op)), opset_(opset), inputs_(std::move(inputs)), attributes_(std::move(attributes)), outputs_(outputs) {}

ImportedRegion FakeNode::region(std::string_view name) { fail("no body `{}` in this test", name); }

std::vector<ValueId> FakeNode::add(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<Graph> regions) {
  return graph_.node(graph_.add_node(std::move(op), std::move(inputs), outputs, {}, {}, std::move(regions))).outputs;
}

std::vector<Tensor> FakeNode::run(const std::vector<size_t>& constants) {
  std::vector<Tensor> given;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Tensor& tensor = inputs_[i];
    if (not tensor.defined()) {
      ids_.emplace_back();
    } else if (std::ranges::count(constants, i) > 0) {
      ids_.push_back(graph_.add_constant(tensor));
    } else {
      ids_.push_back(
          graph_.add_input(fmt::format("input_{}", i), TensorType{tensor.dtype(), Shape(std::span<const int64_t>(tensor.dims())), {}}));
      given.push_back(tensor);
    }
  }
  const Importer* importer = registry().find_importer("", op_, opset_);
  if (importer == nullptr) fail("no importer for {} of opset {}", op_, opset_);
  (*importer)(*this);
  for (const ValueId output : outputs_) graph_.add_output(output);
  return evaluate(graph_, given);
}

}  // namespace burnish::ops::test
