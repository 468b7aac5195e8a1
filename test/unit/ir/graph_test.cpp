// Graphs while they change: uses on both sides, order, dead nodes, inference, binding, evaluation, patches and the rewriter.
#include "ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/evaluate.h"
#include "ir/patch.h"
#include "ir/rewriter.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "ops/concat.h"
#include "ops/identity.h"
#include "ops/reshape.h"
#include "ops/shape.h"
#include "ops/split.h"
#include "ops/transpose.h"

namespace burnish {
namespace {

using ops::Concat;
using ops::Identity;
using ops::Transpose;

TensorType type(std::string_view text) { return TensorType::parse(text); }

/// Adds a node of one output and returns that.
ValueId add(Graph& graph, Op op, std::vector<ValueId> inputs, const std::string& name = {}) {
  const NodeId node = graph.add_node(std::move(op), std::move(inputs), 1, {}, name);
  if (not name.empty()) graph.mutable_node(node).provenance = {name};
  return graph.node(node).outputs.front();
}

TEST(Graph, TracksUses) {
  Graph graph;
  const ValueId x = graph.add_input("x", type("f32[N,2]"));
  const ValueId y = add(graph, Concat{1}, {x, x}, "join");
  graph.add_output(y);
  EXPECT_EQ(graph.type(y).text(), "f32[N,4]");
  EXPECT_EQ(graph.value(x).users.size(), 2U);
  EXPECT_EQ(graph.producer(y)->name, "join");
  EXPECT_EQ(graph.producer(x), nullptr);
  EXPECT_EQ(graph.only_producer(y), nullptr);
  EXPECT_TRUE(graph.is_output(y));
  EXPECT_FALSE(graph.single_use(x));
  EXPECT_EQ(graph.constant(ValueId{}), nullptr);
  EXPECT_EQ(graph.value(y).name, "join");
  verify(graph);
}

TEST(Graph, FailedNodesLeaveNothingBehind) {
  Graph graph;
  const ValueId x = graph.add_input("x", type("f32[2]"));
  try {
    add(graph, Transpose{{1, 0}}, {x}, "turn");
    FAIL();
  } catch (const Error& error) { EXPECT_THAT(error.what(), testing::HasSubstr("node `turn` (Transpose)")); }
  EXPECT_EQ(graph.node_slots(), 0U);
  EXPECT_TRUE(graph.value(x).users.empty());
}

TEST(Graph, ReplacingUsesMovesNamesButNotThoseOfOutputs) {
  Graph graph;
  const ValueId x = graph.add_input("x", type("f32[2]"));
  const ValueId y = add(graph, Identity{}, {x}, "y");
  const ValueId z = add(graph, Identity{}, {x}, "z");
  graph.add_output(y);
  graph.replace_uses(y, z);
  EXPECT_EQ(graph.value(z).name, "y");
  graph.replace_uses(z, x);
  EXPECT_EQ(graph.value(x).name, "x");
  EXPECT_EQ(graph.output_name(0), "y");
  EXPECT_EQ(graph.remove_dead().size(), 2U);
  EXPECT_EQ(graph.live_nodes(), 0U);
  verify(graph);
  EXPECT_EQ(print(graph), "graph \"\" {\n  %x: f32[2] = input\n  output %x as \"y\"\n}\n");
}

TEST(Graph, RemovesWhatNobodyNeeds) {
  Graph graph;
  const ValueId x = graph.add_input("x", type("f32[2]"));
  const ValueId a = add(graph, Identity{}, {x});
  const ValueId b = add(graph, Identity{}, {a});
  const ValueId c = add(graph, Identity{}, {a});
  graph.add_output(c);
  const std::vector<NodeId> seeds{graph.producer(b)->id};
  EXPECT_EQ(graph.remove_dead(seeds), seeds);
  EXPECT_EQ(graph.value(a).users.size(), 1U);
  EXPECT_THROW(graph.remove_node(graph.producer(a)->id), Error);
}

TEST(Graph, OrderFollowsData) {
  Graph graph;
  const ValueId x = graph.add_input("x", type("f32[2]"));
  const ValueId a = add(graph, Identity{}, {x}, "a");
  const ValueId b = add(graph, Identity{}, {x}, "b");
  graph.replace_input(graph.producer(a)->id, 0, b);
  EXPECT_EQ(graph.order(), (std::vector<NodeId>{graph.producer(b)->id, graph.producer(a)->id}));
  graph.replace_input(graph.producer(b)->id, 0, a);
  try {
    graph.order();
    FAIL();
  } catch (const Error& error) { EXPECT_THAT(error.what(), testing::HasSubstr("cycle through node `")); }
}

TEST(Graph, BindsSymbols) {
  Graph graph;
  graph.symbols["N"] = {1, 8};
  const ValueId x = graph.add_input("x", type("f32[N,4]"));
  const ValueId y = add(graph, Transpose{{1, 0}}, {x});
  graph.add_output(y);
  Graph bound = graph;
  bound.bind({{"N", 3}});
  EXPECT_EQ(bound.type(y).text(), "f32[4,3]");
  EXPECT_TRUE(bound.symbols.empty());
  EXPECT_THROW(graph.bind({{"N", 9}}), Error);
}

TEST(Graph, ValuesFlowThroughInference) {
  Graph graph;
  const ValueId x = graph.add_input("x", type("f32[N,4]"));
  const ValueId shape = add(graph, ops::ShapeOf{}, {x});
  ASSERT_TRUE(graph.value(shape).values);
  EXPECT_EQ(graph.value(shape).values->at(0), Dim::symbol("N"));
  const ValueId flat = graph.add_input("flat", type("f32[N*4]"));
  const ValueId back = add(graph, ops::Reshape{}, {flat, shape});
  EXPECT_EQ(graph.type(back).text(), "f32[N,4]");
}

TEST(Graph, UnknownSizesKeepTheirNames) {
  Graph graph = parse_graph("graph \"\" { %x: f32[N] = input %a: i64[1,?4] = NonZero(%x) %b: i64[?4,1] = Transpose(%a) output %b }");
  verify(graph);
  graph.infer_again();
  EXPECT_EQ(graph.type(graph.outputs()[0]).text(), "i64[?4,1]");
  const NodeId more = graph.add_node(Op::parse("NonZero"), {graph.inputs()[0]});
  EXPECT_EQ(graph.type(graph.node(more).outputs[0]).text(), "i64[1,?5]");
}

TEST(Evaluate, RunsAndObserves) {
  const Graph graph = parse_graph(
      "graph \"\" { %x: f32[N,2] = input %w: f32[1,2] = constant [7, 8] %c: f32[N+1,2] = Concat(%x, %w) %t: f32[2,N+1] = Transpose(%c) "
      "output %t }");
  std::vector<std::string> seen;
  const std::vector<Tensor> inputs{Tensor::of<float>({1, 2}, {1.F, 2.F})};
  const std::vector<Tensor> out =
      evaluate(graph, inputs, [&](uint32_t value, const Tensor&) { seen.push_back(graph.value({value}).name); });
  EXPECT_TRUE(out.at(0).identical(Tensor::of<float>({2, 2}, {1.F, 7.F, 2.F, 8.F})));
  EXPECT_EQ(seen, (std::vector<std::string>{"c", "t"}));
  EXPECT_THROW(evaluate(graph, std::vector<Tensor>{}), Error);
  EXPECT_THROW(evaluate(graph, std::vector<Tensor>{Tensor(DType::f32, {1, 3})}), Error);
  EXPECT_THROW(evaluate(graph, std::vector<Tensor>{Tensor(DType::f64, {1, 2})}), Error);
}

TEST(Evaluate, WritesIntoGivenBuffers) {
  Tensor buffer(DType::f32, {2});
  const std::vector<Tensor> inputs{Tensor::of<float>({2}, {1.F, 2.F})};
  EvalContext context(inputs, 1, [&](size_t, DType, Dims) { return buffer; });
  Op(Identity{}).reference(context);
  EXPECT_EQ(buffer.number(1), 2);
  EXPECT_THROW(context.input(1), Error);
  EXPECT_THROW(context.set_output(1, buffer), Error);
}

/// Two transposes that undo each other.
std::optional<Patch> remove_transposes(const Graph& graph, const Node& node) {
  if (not node.op.is<Transpose>()) return {};
  const Node* before = graph.producer(node.inputs[0]);
  if (before == nullptr or not before->op.is<Transpose>()) return {};
  Patch patch(graph, "remove_transposes");
  patch.replace(node.outputs[0], before->inputs[0]);
  return patch;
}

TEST(Rewriter, RunsUntilNothingChanges) {
  Graph graph = parse_graph(R"(graph "" {
    %x: f32[2,3] = input
    %a: f32[3,2] = Transpose(%x)
    %b: f32[2,3] = Transpose(%a)
    %c: f32[3,2] = Transpose(%b)
    %d: f32[2,3] = Transpose(%c)
    %y: f32[2,3] = Identity(%d)
    output %y
  })");
  EXPECT_TRUE(rewrite(graph, remove_transposes));
  verify(graph);
  EXPECT_EQ(print(graph), "graph \"\" {\n  %x: f32[2,3] = input\n  %y: f32[2,3] = Identity(%x)\n  output %y\n}\n");
  EXPECT_FALSE(rewrite(graph, remove_transposes));
}

TEST(Patch, NewNodesInheritNamesAndProvenance) {
  Graph graph = parse_graph(R"(graph "" {
    %x: f32[2,3] = input
    %a: f32[3,2] = Transpose(%x) "first" from "Transpose_0"
    %y: f32[2,3] = Transpose(%a) "second" from "Transpose_1"
    output %y
  })");
  const Node& second = *graph.producer(graph.outputs()[0]);
  Patch patch(graph, "use_identity");
  const ValueId one = patch.add(Identity{}, {graph.inputs()[0]});
  const ValueId two = patch.add(Identity{}, {one});
  EXPECT_EQ(patch.type(two).text(), "f32[2,3]");
  patch.replace(second.outputs[0], two);
  patch.apply(graph, second.id);
  verify(graph);
  EXPECT_EQ(print(graph), R"(graph "" {
  %x: f32[2,3] = input
  %"second/use_identity_0": f32[2,3] = Identity(%x) "second/use_identity_0" from "Transpose_0", "Transpose_1"
  %y: f32[2,3] = Identity(%"second/use_identity_0") "second" from "Transpose_0", "Transpose_1"
  output %y
}
)");
}

TEST(Patch, MayReadWhatItReplaces) {
  Graph graph = parse_graph("graph \"\" { %x: f32[2] = input %a: f32[2] = Identity(%x) %y: f32[2] = Identity(%a) output %y }");
  const Node& first = *graph.producer(graph.producer(graph.outputs()[0])->inputs[0]);
  Patch patch(graph, "insert_after");
  const ValueId extra = patch.add(Identity{}, {first.outputs[0]});
  patch.replace(first.outputs[0], extra);
  patch.apply(graph, first.id);
  verify(graph);
  EXPECT_EQ(graph.live_nodes(), 3U);
}

TEST(Patch, AddsConstantsAndSeveralOutputs) {
  Graph graph = parse_graph("graph \"\" { %x: f32[4] = input %y: f32[4] = Identity(%x) output %y }");
  const Node& node = *graph.producer(graph.outputs()[0]);
  Patch patch(graph, "split");
  const ValueId sizes = patch.constant(Tensor::of<int64_t>({2}, {1, 3}));
  const ValueId first = patch.add(ops::Split{}, {graph.inputs()[0], sizes}, 2);
  const ValueId second{first.index + 1};
  patch.replace(node.outputs[0], patch.add(Concat{}, {first, second}));
  patch.apply(graph, node.id);
  verify(graph);
  const Tensor in = Tensor::of<float>({4}, {1.F, 2.F, 3.F, 4.F});
  EXPECT_TRUE(evaluate(graph, std::vector<Tensor>{in}).front().identical(in));
}

TEST(Patch, KeepsTypesAndRefusesStaleGraphs) {
  Graph graph = parse_graph("graph \"\" { %x: f32[2,3] = input %y: f32[3,2] = Transpose(%x) output %y }");
  const Node& node = *graph.producer(graph.outputs()[0]);
  Patch wrong(graph, "wrong");
  wrong.replace(node.outputs[0], graph.inputs()[0]);
  EXPECT_THROW(wrong.apply(graph, node.id), Error);
  EXPECT_THROW(wrong.add(Transpose{{0, 0}}, {graph.inputs()[0]}), Error);
  Patch stale(graph, "stale");
  graph.add_constant(Tensor(DType::f32, {1}));
  EXPECT_THROW(stale.apply(graph, node.id), Error);
}

TEST(Patch, UnknownSizesStayThoseOfTheReplacedValue) {
  Graph graph = parse_graph("graph \"\" { %x: f32[N] = input %a: i64[1,?4] = NonZero(%x) %y: i64[?4,1] = Transpose(%a) output %y }");
  const Node& node = *graph.producer(graph.producer(graph.outputs()[0])->inputs[0]);
  Patch patch(graph, "again");
  patch.replace(node.outputs[0], patch.add(Identity{}, {patch.add(node.op, node.inputs)}));
  patch.apply(graph, node.id);
  verify(graph);
  EXPECT_THAT(print(graph), testing::Not(testing::HasSubstr("?5")));
}

}  // namespace
}  // namespace burnish
