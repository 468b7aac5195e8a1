// Requests: made from nodes, written, read back, and equal exactly where the work is.
#include "tactics/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ops/conv.h"
#include "ops/fused.h"
#include "ops/reshape.h"
#include "tactics/reformat.h"

namespace burnish::tactics {
namespace {

using ::testing::HasSubstr;

Expr relu_of_sum() {
  Expr expr;
  const auto conv = expr.add_input(DType::f32);
  const auto other = expr.add_input(DType::f32);
  const auto sum = expr.add_step(ExprCode::add, DType::f32, {conv, other});
  expr.outputs = {expr.add_step(ExprCode::relu, DType::f32, {sum})};
  return expr;
}

/// conv(x, w) + other, relu.
struct FusedGraph {
  Graph graph;
  NodeId node;
  FusedGraph() {
    const ValueId x = graph.add_input("x", {DType::f32, {1, 4, 6, 6}, {}});
    const ValueId other = graph.add_input("other", {DType::f32, {1, 8, 6, 6}, {}});
    const ValueId w = graph.add_constant(Tensor(DType::f32, {8, 4, 3, 3}));
    ops::Conv conv;
    conv.pads = {1, 1, 1, 1};
    node = graph.add_node(ops::Fused{conv, 3, relu_of_sum()}, {x, w, {}, other}, 1, {"y"}, "fused");
    graph.add_output(graph.node(node).outputs[0]);
  }
  OpRequest request(Target target = {}) const { return make_request(graph, graph.node(node), target); }
};

TEST(Request, TakesAFusedNodeApart) {
  const OpRequest request = FusedGraph().request();
  EXPECT_TRUE(request.op.is<ops::Conv>());
  EXPECT_TRUE(request.has_epilogue());
  EXPECT_EQ(request.anchor_inputs, 3U);
  ASSERT_EQ(request.inputs.size(), 4U);
  EXPECT_EQ(request.inputs[0].constant, nullptr);
  EXPECT_NE(request.inputs[1].constant, nullptr);
  EXPECT_FALSE(request.inputs[2].present);
  EXPECT_EQ(request.output_dims(), (Dims{1, 8, 6, 6}));
  EXPECT_EQ(request.wanted, std::vector<bool>{true});
}

TEST(Request, ReadsBackWhatItWrites) {
  const OpRequest request = FusedGraph().request({.threads = 3, .device = "a \"quoted\" device", .permitted = {DType::bf16}});
  const OpRequest read = OpRequest::parse(request.text());
  EXPECT_EQ(read.text(), request.text());
  EXPECT_EQ(read.hash(), request.hash());
  EXPECT_EQ(read.target.device, "a \"quoted\" device");
  EXPECT_TRUE(read.permits(DType::bf16));
  ASSERT_NE(read.inputs[1].constant, nullptr);
  EXPECT_EQ(read.inputs[1].constant->dims(), (Dims{8, 4, 3, 3}));
}

TEST(Request, HashIsOfTheWorkAlone) {
  const FusedGraph graph;
  EXPECT_EQ(graph.request({.threads = 1, .device = "a", .permitted = {}}).hash(),
            graph.request({.threads = 1, .device = "b", .permitted = {DType::bf16}}).hash());
  EXPECT_NE(graph.request({.threads = 1, .device = "a", .permitted = {}}).hash(),
            graph.request({.threads = 2, .device = "a", .permitted = {}}).hash());
}

TEST(Request, WritesOutShapesButNotWeights) {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {2, 6}, {}});
  const NodeId node = graph.add_node(ops::Reshape{}, {x, graph.add_constant(Tensor::of<int64_t>({2}, {3, 4}))});
  graph.add_output(graph.node(node).outputs[0]);
  const OpRequest request = make_request(graph, graph.node(node), {});
  EXPECT_THAT(request.text(), HasSubstr("constant [3,4]"));
  EXPECT_EQ(OpRequest::parse(request.text()).inputs[1].constant->integers(), (std::vector<int64_t>{3, 4}));
  EXPECT_THAT(FusedGraph().request().text(), HasSubstr("f32[8,4,3,3] constant\n"));
}

TEST(Request, ReadsReformats) {
  const OpRequest request = reformat_request({DType::f32, {1, 3, 4, 4}, {}}, {});
  EXPECT_TRUE(OpRequest::parse(request.text()).op.is<Reformat>());
}

TEST(Request, NeedsStaticShapes) {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {Dim::symbol("N"), 6}, {}});
  const NodeId node = graph.add_node(ops::Reshape{}, {x, graph.add_constant(Tensor::of<int64_t>({1}, {-1}))});
  try {
    (void)make_request(graph, graph.node(node), {});
    FAIL() << "a symbolic shape was accepted";
  } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr("`x`")); }
}

TEST(Request, RefusesDamagedText) {
  const std::string good = FusedGraph().request().text();
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& bad : {std::string(), std::string("op"), std::string("op Nonsense"), replaced("op Conv", "op Cnov"),
                                 replaced("anchor_inputs 3", "anchor_inputs 9"), replaced("output f32[1,8,6,6]", "output f32[1,8,5,6]"),
                                 replaced("input f32[1,4,6,6]", "input f32[1,5,6,6]"), replaced("input f32[1,4,6,6]", "input f32[1,4,6"),
                                 replaced("threads 1", "threads 0"), replaced("threads", "strands"),
                                 replaced("[8,4,3,3]", "[999999999999,999999999999]"), replaced("relu", "rleu")})
    EXPECT_THROW((void)OpRequest::parse(bad), Error) << bad;
}

}  // namespace
}  // namespace burnish::tactics
