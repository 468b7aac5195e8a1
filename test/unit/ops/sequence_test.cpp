// Sequences and optionals: what inference says of what they hold, and what the operators make of them.
#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "unit/ops/one_node.h"

namespace burnish::ops::test {
namespace {

Tensor floats(std::initializer_list<float> values) { return Tensor::of<float>({static_cast<int64_t>(values.size())}, values); }
Tensor number(int64_t value) { return Tensor::of<int64_t>({}, {value}); }

/// A graph in text, parsed, verified and printed again.
Graph checked(const std::string& text) {
  Graph graph = parse_graph(text);
  verify(graph);
  EXPECT_EQ(print(graph), print(parse_graph(print(graph))));
  return graph;
}

TEST(Sequences, AreBuiltChangedAndRead) {
  const Graph graph = checked(R"(graph "g" {
    %a: f32[2] = input
    %b: f32[3] = input
    %at: i64[] = input
    %pair: sequence<f32[?0]> = SequenceConstruct(%a, %b)
    %three: sequence<f32[?1]> = SequenceInsert(%pair, %a, %at)
    %two: sequence<f32[?2]> = SequenceErase(%three)
    %n: i64[] = SequenceLength(%three)
    %first: f32[?3] = SequenceAt(%two, %at)
    %all: f32[?4] = ConcatFromSequence(%three)
    output %two
    output %n
    output %first
    output %all
  })");
  const auto results = evaluate(graph, std::vector<Tensor>{floats({1, 2}), floats({3, 4, 5}), number(-1)});
  EXPECT_TRUE(results[0].identical(Tensor::sequence(DType::f32, {floats({1, 2}), floats({1, 2})})));
  EXPECT_EQ(results[1].integer(0), 3);
  EXPECT_TRUE(results[2].identical(floats({1, 2})));
  EXPECT_TRUE(results[3].identical(floats({1, 2, 1, 2, 3, 4, 5})));
}

TEST(Sequences, KeepSizesThatAllTensorsShare) {
  Graph graph;
  const ValueId x = graph.add_input("x", TensorType::parse("f32[6,N]"));
  const ValueId two = graph.add_constant(number(2));
  const auto add = [&](const char* op, std::vector<ValueId> inputs) {
    return graph.node(graph.add_node(Op::parse(op), std::move(inputs))).outputs[0];
  };
  EXPECT_EQ(graph.type(add("SplitToSequence", {x, two})).text(), "sequence<f32[2,N]>");
  EXPECT_EQ(graph.type(add("SplitToSequence{keep_dims=false}", {x})).text(), "sequence<f32[N]>");
  const ValueId empty = add("SequenceEmpty", {});
  EXPECT_EQ(graph.type(empty).text(), "sequence<f32[!]>");
  EXPECT_EQ(graph.type(add("SequenceInsert", {empty, graph.add_constant(floats({1, 2}))})).text(), "sequence<f32[2]>");
  const ValueId mixed = add("SequenceConstruct", {x, graph.add_constant(floats({1, 2}))});
  EXPECT_EQ(graph.type(mixed).text(), "sequence<f32[*]>");
  const ValueId unranked = add("SequenceAt", {mixed, two});
  EXPECT_EQ(graph.type(unranked).text(), "f32[*]");
  EXPECT_NE(message_of([&] { add("Softmax", {unranked}); }).find("the rank of input 0 (f32[*]) is not known"), std::string::npos);
}

TEST(Sequences, AreRefusedWhereTensorsAreNeeded) {
  Graph graph;
  const ValueId sequence = graph.add_input("s", TensorType::parse("sequence<f32[3]>"));
  const ValueId tensor = graph.add_input("x", TensorType::parse("f32[3]"));
  const auto refused = [&](const char* op, std::vector<ValueId> inputs) {
    return message_of([&] { graph.add_node(Op::parse(op), std::move(inputs)); });
  };
  EXPECT_NE(refused("Softmax", {sequence}).find("input 0 is sequence<f32[3]>, but the operator takes tensors"), std::string::npos);
  EXPECT_NE(refused("SequenceLength", {tensor}).find("must be a sequence"), std::string::npos);
  EXPECT_NE(refused("SequenceConstruct", {sequence}).find("must be a tensor"), std::string::npos);
  EXPECT_NE(refused("SequenceInsert", {sequence, graph.add_constant(number(1))}).find("no type in common"), std::string::npos);
}

TEST(Sequences, RefusePositionsOutside) {
  const Graph graph = checked(R"(graph "g" {
    %s: sequence<f32[?0]> = input
    %at: i64[] = input
    %x: f32[?1] = SequenceAt(%s, %at)
    output %x
  })");
  const Tensor pair = Tensor::sequence(DType::f32, {floats({1}), floats({2})});
  for (const int64_t position : {int64_t{2}, int64_t{-3}, INT64_MAX, INT64_MIN})
    EXPECT_NE(message_of([&] { evaluate(graph, std::vector<Tensor>{pair, number(position)}); }).find("outside of a sequence of 2"),
              std::string::npos);
}

TEST(Sequences, HoldWhatTheirTypeSays) {
  const Graph graph = checked(R"(graph "g" {
    %s: sequence<f32[?0]> = input
    %n: i64[] = SequenceLength(%s)
    output %n
  })");
  const auto refusal = [&](Tensor value) { return message_of([&] { evaluate(graph, std::vector<Tensor>{std::move(value)}); }); };
  EXPECT_NE(refusal(floats({1})).find("expected sequence<f32[?0]>"), std::string::npos);
  EXPECT_NE(refusal(Tensor::sequence(DType::i64, {number(1)})).find("expected sequence<f32[?0]>"), std::string::npos);
  EXPECT_NE(refusal(Tensor::sequence(DType::f32, {Tensor(DType::f32, {2, 2})})).find("expected sequence<f32[?0]>"), std::string::npos);
  EXPECT_EQ(refusal(Tensor::sequence(DType::f32, {})), "");
}

TEST(Optionals, HoldOneValueOrNone) {
  const Graph graph = checked(R"(graph "g" {
    %x: f32[3] = input
    %full: optional<f32[3]> = Optional(%x)
    %empty: optional<sequence<i64[!]>> = Optional{dtype=i64, of_sequence=true}()
    %yes: boolean[] = OptionalHasElement(%full)
    %no: boolean[] = OptionalHasElement(%empty)
    %back: f32[3] = OptionalGetElement(%full)
    output %yes
    output %no
    output %back
    output %empty
  })");
  const auto results = evaluate(graph, std::vector<Tensor>{floats({1, 2, 3})});
  EXPECT_EQ(results[0].integer(0), 1);
  EXPECT_EQ(results[1].integer(0), 0);
  EXPECT_TRUE(results[2].identical(floats({1, 2, 3})));
  EXPECT_TRUE(results[3].identical(Tensor::nothing(ValueKind::optional_sequence, DType::i64)));
}

TEST(Optionals, GiveNothingWhereTheyHoldNothing) {
  const Graph graph = checked(R"(graph "g" {
    %o: optional<f32[?0]> = input
    %x: f32[?1] = OptionalGetElement(%o)
    output %x
  })");
  EXPECT_NE(
      message_of([&] { evaluate(graph, std::vector<Tensor>{Tensor::nothing(ValueKind::optional, DType::f32)}); }).find("holds nothing"),
      std::string::npos);
  EXPECT_TRUE(evaluate(graph, std::vector<Tensor>{Tensor::optional(floats({7}))})[0].identical(floats({7})));
}

}  // namespace
}  // namespace burnish::ops::test
