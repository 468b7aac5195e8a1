// The verifier: one broken promise at a time, each reported by what is broken.
#include "ir/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"

namespace burnish {
namespace {

Graph healthy() {
  return parse_graph(R"(graph "g" {
    %x: f32[2,3] = input
    %k: f32[1,3] = constant [1, 2, 3]
    %a: f32[3,3] = Concat(%x, %k)
    %y: f32[3,3] = Transpose(%a)
    output %y
  })");
}

ValueId named(const Graph& graph, std::string_view name) {
  for (uint32_t i = 0; i < graph.value_count(); ++i)
    if (graph.value({i}).name == name) return {i};
  return {};
}

Node& producer(Graph& graph, std::string_view name) { return graph.mutable_node(graph.value(named(graph, name)).producer); }

void expect_fault(const Graph& graph, std::string_view part) {
  try {
    verify(graph);
    ADD_FAILURE() << "no fault was found";
  } catch (const Error& error) { EXPECT_THAT(error.what(), testing::HasSubstr(std::string(part))); }
}

TEST(Verify, AcceptsHealthyGraphs) { EXPECT_NO_THROW(verify(healthy())); }

TEST(Verify, IdsOutOfRange) {
  Graph graph = healthy();
  producer(graph, "y").inputs[0] = ValueId{99};
  expect_fault(graph, "reads value #99");
  graph = healthy();
  producer(graph, "y").outputs[0] = ValueId{99};
  expect_fault(graph, "writes value #99");
  graph = healthy();
  graph.mutable_value(named(graph, "y")).producer = NodeId{99};
  expect_fault(graph, "names another producer");
  graph = healthy();
  producer(graph, "y").id = NodeId{0};
  expect_fault(graph, "its id is #0, but it stands at #1");
}

TEST(Verify, NodesWithoutOperatorOrOutputs) {
  Graph graph = healthy();
  producer(graph, "y").op = Op();
  expect_fault(graph, "has no operator");
  graph = healthy();
  producer(graph, "y").outputs.clear();
  expect_fault(graph, "has no outputs");
}

TEST(Verify, UsesOnBothSides) {
  Graph graph = healthy();
  graph.mutable_value(named(graph, "a")).users.clear();
  expect_fault(graph, "lists 0 users");
  graph = healthy();
  graph.mutable_value(named(graph, "x")).users.push_back(NodeId{1});
  expect_fault(graph, "`x` lists 2 users");
  graph = healthy();
  producer(graph, "y").inputs[0] = named(graph, "x");
  expect_fault(graph, "users");
}

TEST(Verify, OneProducerAValue) {
  Graph graph = healthy();
  producer(graph, "y").outputs[0] = named(graph, "a");
  expect_fault(graph, "names another producer");
  graph = healthy();
  graph.mutable_value(named(graph, "a")).is_input = true;
  expect_fault(graph, "also a constant or an input");
  graph = healthy();
  graph.mutable_value(named(graph, "k")).constant = nullptr;
  expect_fault(graph, "nothing produces it");
  graph = healthy();
  graph.mutable_value(named(graph, "y")).producer = NodeId{};
  expect_fault(graph, "names another producer");
}

TEST(Verify, RemovedProducers) {
  Graph graph = healthy();
  Node& node = producer(graph, "a");
  for (const ValueId input : node.inputs) graph.mutable_value(input).users.clear();
  node.removed = true;
  expect_fault(graph, "its producer was removed");
}

TEST(Verify, Interface) {
  Graph graph = healthy();
  graph.mutable_value(named(graph, "y")).output_uses = 2;
  expect_fault(graph, "counts 2 uses as a graph output");
  graph = healthy();
  graph.mutable_value(named(graph, "x")).is_input = false;
  expect_fault(graph, "nothing produces it");
}

TEST(Verify, Types) {
  Graph graph = healthy();
  graph.mutable_value(named(graph, "a")).type.dtype = DType::i32;
  expect_fault(graph, "is i32[3,3], but inference gives f32[3,3]");
  graph = healthy();
  graph.mutable_value(named(graph, "k")).type.shape = Shape{3};
  expect_fault(graph, "is not its constant's");
  graph = healthy();
  graph.mutable_value(named(graph, "a")).type.layout = Layout::row_major(2);
  expect_fault(graph, "has a layout");
  graph = healthy();
  graph.mutable_value(named(graph, "x")).type.shape = Shape{-2, 3};
  expect_fault(graph, "negative dimension");
  EXPECT_THROW(verify(graph, false), Error);
  graph = healthy();
  graph.mutable_value(named(graph, "a")).type.shape = Shape{4, 4};
  EXPECT_NO_THROW(verify(graph, false));
}

TEST(Verify, Cycles) {
  Graph graph = parse_graph("graph \"\" { %x: f32[2] = input %a: f32[2] = Identity(%x) %b: f32[2] = Identity(%a) output %b }");
  graph.replace_input(graph.value(named(graph, "a")).producer, 0, named(graph, "b"));
  expect_fault(graph, "cycle");
}

TEST(Verify, Regions) {
  Graph graph = parse_graph(R"(graph "" {
    %c: boolean[] = input
    %x: f32[2] = input
    %r: f32[2] = If(%c, %x, %x) { graph "" { %a: f32[2] = input output %a } graph "" { %b: f32[2] = input output %b } } "choose"
    output %r
  })");
  graph.mutable_node(NodeId{0}).regions[1].mutable_value(ValueId{0}).output_uses = 0;
  expect_fault(graph, "in node `choose` (If)");
}

}  // namespace
}  // namespace burnish
