// Runs one operator on literal inputs: inference with the inputs' types, then the reference; the two must agree on types.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ops/operator.h"

namespace burnish::test {

/// An undefined tensor is an omitted input. Registers the operators.
inline std::vector<Tensor> run_operator(const std::function<Op()>& make, const std::vector<Tensor>& inputs, size_t outputs = 1,
                                        bool constant = false) {
  ops::registry();
  Graph graph;
  std::vector<ValueId> ids;
  std::vector<Tensor> given;
  for (const Tensor& input : inputs) {
    if (not input.defined()) {
      ids.emplace_back();
    } else if (constant and not ids.empty()) {
      ids.push_back(graph.add_constant(input));
    } else {
      ids.push_back(graph.add_input("x" + std::to_string(ids.size()), TensorType{input.dtype(), Shape(input.dims()), {}}));
      given.push_back(input);
    }
  }
  const NodeId node = graph.add_node(make(), ids, outputs);
  for (const ValueId output : graph.node(node).outputs) graph.add_output(output);
  std::vector<Tensor> results = evaluate(graph, given);
  for (size_t i = 0; i < results.size(); ++i) {
    const TensorType& type = graph.type(graph.outputs()[i]);
    EXPECT_EQ(type.dtype, results[i].dtype());
    if (type.shape.is_static()) { EXPECT_EQ(type.shape.dims(), results[i].dims()); }
  }
  return results;
}

inline std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> values;
  for (int64_t i = 0; i < tensor.size(); ++i) values.push_back(tensor.number(i));
  return values;
}

inline Tensor floats(Dims dims, std::vector<float> values) { return Tensor::of<float>(std::move(dims), std::span<const float>(values)); }
inline Tensor integers(std::vector<int64_t> values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, std::span<const int64_t>(values));
}

}  // namespace burnish::test
