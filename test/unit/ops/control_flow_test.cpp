// If, Loop and Scan: results against literals, and the sizes that leave a body.
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/concat.h"
#include "ops/identity.h"
#include "ops/if.h"
#include "ops/loop.h"
#include "ops/scan.h"
#include "ops/slice.h"
#include "unit/ops/one_node.h"

namespace burnish::ops::test {
namespace {

const Dim n = Dim::symbol("N");
const TensorType flag{DType::boolean, {}, {}};
const TensorType count{DType::i64, {}, {}};

Tensor ints(Dims dims, std::initializer_list<int64_t> values) { return Tensor::of<int64_t>(std::move(dims), values); }

/// A body that gives its input back, or, `twice`, the input joined to itself.
Graph branch(const TensorType& type, bool twice) {
  Graph body;
  const ValueId x = body.add_input("x", type);
  const Op op = twice ? Op(Concat{0}) : Op(Identity{});
  body.add_output(body.node(body.add_node(op, twice ? std::vector{x, x} : std::vector{x})).outputs[0]);
  return body;
}

Graph if_graph(const TensorType& type) {
  Graph graph;
  const ValueId condition = graph.add_input("condition", flag);
  const ValueId x = graph.add_input("x", type);
  std::vector<Graph> branches;
  branches.push_back(branch(type, false));
  branches.push_back(branch(type, true));
  const NodeId node = graph.add_node(If{}, {condition, x, x}, 1, {}, "choice", std::move(branches));
  graph.add_output(graph.node(node).outputs[0]);
  return graph;
}

TEST(ControlFlow, IfRunsOneBranch) {
  const Graph graph = if_graph({DType::i64, {2}, {}});
  EXPECT_TRUE(evaluate(graph, std::vector{Tensor::of<bool>({}, {true}), ints({2}, {1, 2})})[0].identical(ints({2}, {1, 2})));
  EXPECT_TRUE(evaluate(graph, std::vector{Tensor::of<bool>({}, {false}), ints({2}, {1, 2})})[0].identical(ints({4}, {1, 2, 1, 2})));
}

TEST(ControlFlow, IfKeepsSizesThatBothBranchesShare) {
  const Graph graph = if_graph({DType::i64, {2, n}, {}});
  const Shape& shape = graph.type(graph.outputs()[0]).shape;
  EXPECT_FALSE(shape[0].is_constant());
  EXPECT_EQ(shape[1], n);
}

TEST(ControlFlow, IfWithAKnownConditionHasThatBranchesType) {
  Graph graph;
  const ValueId condition = graph.add_constant(Tensor::of<bool>({}, {false}));
  const TensorType type{DType::i64, {2, n}, {}};
  const ValueId x = graph.add_input("x", type);
  std::vector<Graph> branches;
  branches.push_back(branch(type, false));
  branches.push_back(branch(type, true));
  const NodeId node = graph.add_node(If{}, {condition, x, x}, 1, {}, {}, std::move(branches));
  EXPECT_EQ(graph.type(graph.node(node).outputs[0]).shape.text(), "[4,N]");
}

/// The state grows by the captured value in each iteration; the scan shows the iteration's number.
Graph growing_body() {
  Graph body;
  const ValueId iteration = body.add_input("iteration", count);
  const ValueId condition = body.add_input("condition", flag);
  const ValueId state = body.add_input("state", {DType::i64, {Dim::symbol("length")}, {}});
  const ValueId captured = body.add_input("captured", {DType::i64, {1}, {}});
  body.add_output(body.node(body.add_node(Identity{}, {condition})).outputs[0]);
  body.add_output(body.node(body.add_node(Concat{0}, {state, captured})).outputs[0]);
  body.add_output(body.node(body.add_node(Identity{}, {iteration})).outputs[0]);
  return body;
}

TEST(ControlFlow, LoopCarriesAndStacks) {
  Graph graph;
  const ValueId trips = graph.add_constant(ints({}, {3}));
  const ValueId start = graph.add_input("start", {DType::i64, {1}, {}});
  const ValueId captured = graph.add_input("captured", {DType::i64, {1}, {}});
  std::vector<Graph> bodies;
  bodies.push_back(growing_body());
  const NodeId node = graph.add_node(Loop{1}, {trips, ValueId{}, start, captured}, 2, {}, {}, std::move(bodies));
  const auto& outputs = graph.node(node).outputs;
  for (const ValueId output : outputs) graph.add_output(output);
  EXPECT_FALSE(graph.type(outputs[0]).shape[0].is_constant());
  EXPECT_EQ(graph.type(outputs[1]).shape.text(), "[3]");
  const auto results = evaluate(graph, std::vector{ints({1}, {5}), ints({1}, {8})});
  EXPECT_TRUE(results[0].identical(ints({4}, {5, 8, 8, 8})));
  EXPECT_TRUE(results[1].identical(ints({3}, {0, 1, 2})));
}

TEST(ControlFlow, LoopWithoutIterationsGivesEmptyScans) {
  Graph graph;
  const ValueId trips = graph.add_input("trips", count);
  const ValueId start = graph.add_input("start", {DType::i64, {1}, {}});
  std::vector<Graph> bodies;
  bodies.push_back(growing_body());
  const NodeId node = graph.add_node(Loop{1}, {trips, ValueId{}, start, start}, 2, {}, {}, std::move(bodies));
  for (const ValueId output : graph.node(node).outputs) graph.add_output(output);
  const auto results = evaluate(graph, std::vector{ints({}, {0}), ints({1}, {5})});
  EXPECT_TRUE(results[0].identical(ints({1}, {5})));
  EXPECT_EQ(results[1].dims(), (Dims{0}));
}

TEST(ControlFlow, ScanRunsBackwardsAndAlongAnyAxis) {
  Graph body;
  const ValueId state = body.add_input("state", {DType::i64, {2}, {}});
  const ValueId slice = body.add_input("slice", {DType::i64, {2}, {}});
  body.add_output(body.node(body.add_node(Identity{}, {slice})).outputs[0]);
  body.add_output(body.node(body.add_node(Identity{}, {state})).outputs[0]);
  Graph graph;
  const ValueId start = graph.add_input("start", {DType::i64, {2}, {}});
  const ValueId sequence = graph.add_input("sequence", {DType::i64, {2, 3}, {}});
  std::vector<Graph> bodies;
  bodies.push_back(std::move(body));
  Scan op;
  op.states = 1;
  op.sequences = 1;
  op.input_axes = {1};
  op.input_reversed = {1};
  op.output_axes = {-1};
  const NodeId node = graph.add_node(op, {start, sequence}, 2, {}, {}, std::move(bodies));
  for (const ValueId output : graph.node(node).outputs) graph.add_output(output);
  EXPECT_EQ(graph.type(graph.outputs()[1]).shape.text(), "[2,3]");
  const auto results = evaluate(graph, std::vector{ints({2}, {0, 0}), ints({2, 3}, {1, 2, 3, 4, 5, 6})});
  EXPECT_TRUE(results[0].identical(ints({2}, {1, 4})));
  EXPECT_TRUE(results[1].identical(ints({2, 3}, {0, 3, 2, 0, 6, 5})));
}

}  // namespace
}  // namespace burnish::ops::test
