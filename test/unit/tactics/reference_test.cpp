// The reference tactic: operators run on the plan's buffers, whatever their alignment, and errors come back as a Status.
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/evaluate.h"
#include "ops/fused.h"
#include "ops/gather.h"
#include "ops/matmul.h"
#include "ops/split.h"
#include "tactics/registry.h"

namespace burnish::tactics {
namespace {

using ::testing::HasSubstr;

struct NoArtifacts final : BuildContext {
  int threads() const override { return 1; }
  Tensor artifact(const Hash128&, const std::function<Tensor()>& make) override { return make(); }
  Hash128 hash_of_constant(const std::shared_ptr<const Tensor>&) override { return {}; }
};

/// Runs the only node of a graph by the reference tactic. `offset` shifts every buffer by that many bytes.
Status run(const Graph& graph, const std::vector<Tensor>& inputs, std::vector<std::vector<float>>& outputs, size_t offset = 0) {
  const Tactic& tactic = *registry().find_tactic("ref.reference");
  const Node& node = graph.node(graph.order().at(0));
  const OpRequest request = make_request(graph, node, {});
  EXPECT_TRUE(tactic.supports(request));
  VariantSink sink;
  tactic.variants(request, sink);
  EXPECT_EQ(sink.variants.size(), 1U);
  NoArtifacts context;
  const auto kernel = tactic.build(context, request, sink.variants.at(0));
  std::vector<std::vector<std::byte>> memory;
  std::vector<BufferRef> in, out;
  const auto place = [&](size_t bytes) {
    memory.emplace_back(bytes + offset);
    return BufferRef{memory.back().data() + offset, static_cast<int64_t>(bytes)};
  };
  size_t next = 0;
  for (const Operand& operand : request.inputs) {
    if (not operand.present or operand.constant != nullptr) {
      in.push_back({});
      continue;
    }
    in.push_back(place(inputs.at(next).bytes()));
    std::memcpy(in.back().data, inputs.at(next).data(), inputs.at(next).bytes());
    ++next;
  }
  for (size_t i = 0; i < request.outputs.size(); ++i)
    out.push_back(request.wanted[i] ? place(static_cast<size_t>(stored_bytes(sink.variants[0].outputs[i], request.output_dims(i))))
                                    : BufferRef{});
  RunContext run;
  Status status = kernel->run(run, in, out, nullptr);
  outputs.clear();
  for (const BufferRef& buffer : out) {
    outputs.emplace_back(static_cast<size_t>(buffer.bytes) / 4);
    if (buffer.data != nullptr) std::memcpy(outputs.back().data(), buffer.data, static_cast<size_t>(buffer.bytes));
  }
  return status;
}

TEST(Reference, ComputesIntoThePlansBuffers) {
  Graph graph;
  const ValueId a = graph.add_input("a", {DType::f32, {2, 2}, {}});
  const NodeId node = graph.add_node(ops::MatMul{}, {a, graph.add_constant(Tensor::of<float>({2, 2}, {1, 2, 3, 4}))});
  graph.add_output(graph.node(node).outputs[0]);
  for (const size_t offset : {0U, 1U, 4U}) {
    std::vector<std::vector<float>> outputs;
    ASSERT_TRUE(run(graph, {Tensor::of<float>({2, 2}, {1, 0, 1, 1})}, outputs, offset));
    EXPECT_EQ(outputs.at(0), (std::vector<float>{1, 2, 4, 6}));
  }
}

TEST(Reference, RunsEpilogues) {
  Graph graph;
  const ValueId a = graph.add_input("a", {DType::f32, {2, 2}, {}});
  const ValueId bias = graph.add_input("bias", {DType::f32, {2}, {}});
  Expr epilogue;
  const auto product = epilogue.add_input(DType::f32), other = epilogue.add_input(DType::f32);
  const auto sum = epilogue.add_step(ExprCode::add, DType::f32, {product, other});
  epilogue.outputs = {epilogue.add_step(ExprCode::relu, DType::f32, {sum})};
  const ValueId w = graph.add_constant(Tensor::of<float>({2, 2}, {1, 2, 3, 4}));
  const NodeId node = graph.add_node(ops::Fused{ops::MatMul{}, 2, epilogue}, {a, w, bias});
  graph.add_output(graph.node(node).outputs[0]);
  std::vector<std::vector<float>> outputs;
  ASSERT_TRUE(run(graph, {Tensor::of<float>({2, 2}, {1, 0, 1, 1}), Tensor::of<float>({2}, {-2, 1})}, outputs));
  EXPECT_EQ(outputs.at(0), (std::vector<float>{0, 3, 2, 7}));
}

TEST(Reference, LeavesOutWhatNobodyReads) {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {4}, {}});
  const NodeId node = graph.add_node(ops::Split{}, {x, graph.add_constant(Tensor::of<int64_t>({2}, {1, 3}))}, 2);
  graph.add_output(graph.node(node).outputs[1]);
  std::vector<std::vector<float>> outputs;
  ASSERT_TRUE(run(graph, {Tensor::of<float>({4}, {1, 2, 3, 4})}, outputs));
  EXPECT_TRUE(outputs.at(0).empty());
  EXPECT_EQ(outputs.at(1), (std::vector<float>{2, 3, 4}));
}

TEST(Reference, TurnsErrorsIntoAStatus) {
  Graph graph;
  const ValueId x = graph.add_input("x", {DType::f32, {3}, {}});
  const ValueId indices = graph.add_input("indices", {DType::i64, {1}, {}});
  const NodeId node = graph.add_node(ops::Gather{}, {x, indices});
  graph.add_output(graph.node(node).outputs[0]);
  std::vector<std::vector<float>> outputs;
  const Status status = run(graph, {Tensor::of<float>({3}, {1, 2, 3}), Tensor::of<int64_t>({1}, {3})}, outputs);
  EXPECT_FALSE(status);
  EXPECT_THAT(status.message(), HasSubstr("3"));
}

}  // namespace
}  // namespace burnish::tactics
