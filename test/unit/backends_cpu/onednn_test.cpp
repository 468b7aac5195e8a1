// oneDNN's tactics against the reference: every layout and precision they offer, epilogues as post-ops, and what they must refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/parallel.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/pool.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/resize.h"
#include "ops/softmax.h"
#include "tactics/sample_data.h"
#include "unit/backends_cpu/check_tactic.h"

namespace burnish::cpu {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view conv_tactic = "cpu.onednn.conv";
constexpr std::string_view product_tactic = "cpu.onednn.matmul";

Sample conv3x3(std::string epilogue = {}, std::vector<Feed> operands = {}) {
  return {ops::Conv{.strides = {1, 1}, .pads = {1, 1, 1, 1}, .dilations = {}},
          {data({1, 24, 9, 7}), weights({20, 24, 3, 3}), weights({20})},
          std::move(epilogue),
          std::move(operands)};
}

Sample product(std::string epilogue = {}, std::vector<Feed> operands = {}) {
  return {ops::MatMul{}, {data({2, 9, 32}), weights({32, 24})}, std::move(epilogue), std::move(operands)};
}

TEST(OnednnConv, OffersImageLayouts) {
  const auto texts = check_tactic(conv_tactic, conv3x3());
  EXPECT_THAT(texts, Contains(HasSubstr("->f32:0231")));
}

TEST(OnednnConv, TakesFewChannelsRowMajor) {
  const Sample stem{
      ops::Conv{.strides = {2, 2}, .pads = {3, 3, 3, 3}, .dilations = {}}, {data({1, 3, 20, 18}), weights({16, 3, 7, 7})}, {}, {}};
  check_tactic(conv_tactic, stem, {DType::bf16});
}

TEST(OnednnConv, StoresNarrowWherePermitted) {
  const auto texts = check_tactic(conv_tactic, conv3x3(), {DType::bf16});
  const auto plain = check_tactic(conv_tactic, conv3x3());
  EXPECT_GE(texts.size(), plain.size());
  EXPECT_THAT(plain, Not(Contains(HasSubstr("bf16"))));
}

class Epilogue : public testing::TestWithParam<const char*> {};

TEST_P(Epilogue, OfAConvolution) { check_tactic(conv_tactic, conv3x3(GetParam()), {DType::bf16}); }
TEST_P(Epilogue, OfAProduct) { check_tactic(product_tactic, product(GetParam()), {DType::bf16}); }

INSTANTIATE_TEST_SUITE_P(OneArgument, Epilogue,
                         testing::Values("(f32) relu:f32(0) -> 1", "(f32) leaky_relu:f32[0.1](0) -> 1", "(f32) elu:f32[1](0) -> 1",
                                         "(f32) sigmoid:f32(0) -> 1", "(f32) tanh:f32(0) -> 1", "(f32) swish:f32[1](0) -> 1",
                                         "(f32) hard_swish:f32(0) -> 1", "(f32) hard_sigmoid:f32[0.2,0.5](0) -> 1",
                                         "(f32) gelu_erf:f32(0) -> 1", "(f32) gelu_tanh:f32(0) -> 1", "(f32) mish:f32(0) -> 1",
                                         "(f32) abs:f32(0) neg:f32(1) -> 2", "(f32) selu:f32[1.67326,1.0507](0) -> 1",
                                         "(f32) softplus:f32(0) -> 1", "(f32) mul:f32(0,0) -> 1",
                                         "(f32) constant:f32[0] constant:f32[6] clip:f32(0,1,2) -> 3",
                                         "(f32) constant:f32[0.5] mul:f32(1,0) constant:f32[3] sub:f32(3,2) relu:f32(4) -> 5",
                                         "(f32) constant:f32[0.25] min:f32(0,1) constant:f32[-0.5] max:f32(2,3) -> 4"));

TEST(OnednnConv, AddsResidualsAndScales) {
  const Feed whole = data({1, 20, 9, 7});
  check_tactic(conv_tactic, conv3x3("(f32,f32) add:f32(0,1) relu:f32(2) -> 3", {whole}), {DType::bf16});
  check_tactic(conv_tactic, conv3x3("(f32,f32) swish:f32[1](0) mul:f32(2,1) -> 3", {data({1, 20, 1, 1})}), {DType::bf16});
  check_tactic(conv_tactic, conv3x3("(f32,f32,f32) mul:f32(0,1) add:f32(3,2) -> 4", {weights({20, 1, 1}), weights({20, 9, 7})}));
  check_tactic(conv_tactic, conv3x3("(f32,f32) sub:f32(1,0) -> 2", {whole}));
  check_tactic(conv_tactic, conv3x3("(f32,f32) prelu:f32(0,1) -> 2", {weights({20, 1, 1})}));
  check_tactic(conv_tactic, conv3x3("(f32,f32) add:f32(0,1) -> 2", {data({})}));
}

TEST(OnednnConv, RefusesEpiloguesThatAreNoChain) {
  EXPECT_THAT(refusal(conv_tactic, conv3x3("(f32) relu:f32(0) add:f32(0,1) -> 2")), HasSubstr("chain"));
  EXPECT_THAT(refusal(conv_tactic, conv3x3("(f32) sin:f32(0) -> 1")), HasSubstr("`sin`"));
  EXPECT_THAT(refusal(conv_tactic, conv3x3("(f32,f32) div:f32(1,0) -> 2", {data({1, 20, 9, 7})})), HasSubstr("divide"));
}

TEST(OnednnConv, PacksWeightsOncePerContent) {
  const auto request = request_of(conv3x3());
  const tactics::Tactic* tactic = tactics::registry().find_tactic(conv_tactic);
  tactics::VariantSink sink;
  tactic->variants(request, sink);
  ASSERT_FALSE(sink.variants.empty());
  PackingContext context;
  const auto first = tactic->build(context, request, sink.variants[0]);
  const size_t made = context.made;
  EXPECT_EQ(made, 2U);  // weights and bias
  const auto second = tactic->build(context, request, sink.variants[0]);
  EXPECT_EQ(context.made, made);
}

TEST(OnednnConv, RunsOnSeveralThreadsAtOnce) {
  const auto request = request_of(conv3x3());
  const tactics::Tactic* tactic = tactics::registry().find_tactic(conv_tactic);
  tactics::VariantSink sink;
  tactic->variants(request, sink);
  PackingContext context;
  const tactics::Variant& variant = sink.variants.at(0);
  const auto kernel = tactic->build(context, request, variant);
  const auto run = [&](uint64_t seed) {
    set_thread_count(1);
    Tensor input = tactics::sample_tensor(DType::f32, request.dims(0), seed, tactics::SampleIntegers::numbers);
    Tensor output(DType::f32, {tactics::stored_bytes(variant.outputs[0], request.output_dims()) / 4});
    Tensor workspace(DType::u8, {variant.workspace + 1});
    tactics::RunContext context{.threads = 1, .stream = nullptr};
    const std::vector<tactics::BufferRef> in{{input.mutable_data(), static_cast<int64_t>(input.bytes())}, {}, {}};
    const std::vector<tactics::BufferRef> out{{output.mutable_data(), static_cast<int64_t>(output.bytes())}};
    EXPECT_TRUE(kernel->run(context, in, out, workspace.mutable_data()));
    return output;
  };
  const Tensor alone[] = {run(1), run(2)};
  std::vector<std::thread> threads;
  for (uint64_t seed : {1, 2, 1, 2})
    threads.emplace_back([&, seed] {
      for (int repeat = 0; repeat < 20; ++repeat) EXPECT_TRUE(run(seed).identical(alone[seed - 1]));
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(OnednnConvTranspose, UpscalesWithBiasAndGroups) {
  ops::ConvTranspose op;
  op.strides = {2, 2};
  check_tactic("cpu.onednn.conv_transpose",
               {op, {data({1, 24, 7, 6}), weights({24, 16, 2, 2}), weights({16})}, "(f32) relu:f32(0) -> 1", {}}, {DType::bf16});
  op.pads = {1, 1, 1, 1};
  op.group = 2;
  check_tactic("cpu.onednn.conv_transpose", {op, {data({2, 32, 5, 6}), weights({32, 16, 4, 4})}, {}, {}}, {DType::bf16});
  op.output_padding = {1, 0};
  op.group = 1;
  check_tactic("cpu.onednn.conv_transpose", {op, {data({1, 8, 5, 6}), weights({8, 16, 3, 3})}, {}, {}});
}

TEST(OnednnMatMul, TakesBiasAndResidual) {
  check_tactic(product_tactic, product("(f32,f32,f32) add:f32(0,1) gelu_erf:f32(3) add:f32(4,2) -> 5", {weights({24}), data({2, 9, 24})}),
               {DType::bf16});
  check_tactic(product_tactic, product("(f32,f32) add:f32(1,0) -> 2", {data({9, 1})}));
}

TEST(OnednnMatMul, BroadcastsBatches) {
  const std::string masked = "(f32,f32) constant:f32[0.125] mul:f32(0,2) add:f32(3,1) -> 4";
  check_tactic(product_tactic, {ops::MatMul{.transpose_b = true}, {data({2, 3, 7, 16}), data({2, 3, 7, 16})}, masked, {data({2, 1, 1, 7})}},
               {DType::bf16});
  check_tactic(product_tactic, {ops::MatMul{}, {data({2, 3, 7, 16}), data({16, 5})}, {}, {}}, {DType::bf16});
  check_tactic(product_tactic, {ops::MatMul{.transpose_a = true}, {data({3, 16, 7}), weights({16, 5})}, {}, {}}, {DType::bf16});
  check_tactic(product_tactic, {ops::MatMul{}, {weights({6, 16}), data({16, 5})}, "(f32,f32) add:f32(0,1) -> 2", {weights({1, 5})}},
               {DType::bf16});
  check_tactic(product_tactic, {ops::MatMul{}, {data({16}), data({3, 16, 5})}, {}, {}});
  check_tactic(product_tactic, {ops::MatMul{}, {data({7, 16}), weights({16})}, "(f32) relu:f32(0) -> 1", {}});
  check_tactic(product_tactic, {ops::MatMul{}, {data({16}), data({16})}, {}, {}});
}

TEST(OnednnPool, TakesAnEpilogue) {
  const ops::Pool pool{.kind = ops::PoolKind::average, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .dilations = {}};
  check_tactic("cpu.onednn.pool", {pool, {data({1, 19, 9, 9})}, "(f32) relu:f32(0) -> 1", {}}, {DType::bf16});
}

TEST(OnednnReduce, PoolsWholeImages) {
  const auto axes = [](std::initializer_list<int64_t> values) {
    return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
  };
  for (const auto kind : {ops::ReduceKind::mean, ops::ReduceKind::max})
    for (const bool keep : {true, false}) {
      Graph graph;
      const ValueId x = graph.add_input("x", {DType::f32, {2, 19, 7, 5}, {}});
      const NodeId node = graph.add_node(ops::Reduce{.kind = kind, .keep_dims = keep}, {x, graph.add_constant(axes({-1, 2}))});
      graph.add_output(graph.node(node).outputs[0]);
      check_node("cpu.onednn.reduce", graph, node);
    }
}

TEST(OnednnSoftmax, AlongChannelsAndRows) {
  for (const int64_t axis : {1, -1})
    check_tactic("cpu.onednn.softmax", {ops::Softmax{.axis = axis}, {data({3, 17, 5, 6})}, {}, {}}, {DType::bf16});
}

TEST(OnednnSoftmax, LeavesLogarithmsToOurOwnKernels) {
  const Sample logarithm{ops::Softmax{.axis = -1, .log = true}, {data({4, 33})}, {}, {}};
  EXPECT_FALSE(tactics::registry().find_tactic("cpu.onednn.softmax")->supports(request_of(logarithm)));
}

TEST(OnednnLayerNormalization, OverTheLastAxes) {
  check_tactic("cpu.onednn.layer_normalization", {ops::LayerNormalization{}, {data({2, 7, 48}), weights({48}), weights({48})}, {}, {}},
               {DType::bf16});
  check_tactic("cpu.onednn.layer_normalization", {ops::LayerNormalization{.axis = 1}, {data({2, 7, 48}), weights({7, 48})}, {}, {}});
}

TEST(OnednnLstm, EveryDirection) {
  for (const auto direction : {ops::Direction::forward, ops::Direction::reverse, ops::Direction::bidirectional}) {
    const int64_t ways = direction == ops::Direction::bidirectional ? 2 : 1;
    const std::vector<Feed> inputs{data({5, 3, 12}), weights({ways, 64, 12}), weights({ways, 64, 16}), weights({ways, 128}),
                                   omitted(),        data({ways, 3, 16}),     data({ways, 3, 16})};
    ops::Lstm lstm;
    lstm.hidden = 16;
    lstm.direction = direction;
    check_tactic("cpu.onednn.lstm", {lstm, inputs, {}, {}, 3}, {DType::bf16});
    check_tactic("cpu.onednn.lstm", {lstm, {inputs[0], inputs[1], inputs[2]}, {}, {}, 1});
    check_tactic("cpu.onednn.lstm", {lstm, {inputs[0], inputs[1], inputs[2]}, {}, {}, 3}, {DType::bf16});
    check_tactic("cpu.onednn.lstm", {lstm, {inputs[0], inputs[1], inputs[2], omitted(), omitted(), inputs[5]}, {}, {}, 3});
  }
}

TEST(OnednnGru, BothPlacesOfTheReset) {
  for (const bool linear : {false, true}) {
    ops::Gru gru;
    gru.hidden = 16;
    gru.direction = ops::Direction::bidirectional;
    gru.linear_before_reset = linear;
    check_tactic("cpu.onednn.gru", {gru, {data({5, 3, 12}), weights({2, 48, 12}), weights({2, 48, 16}), weights({2, 96})}, {}, {}, 2},
                 {DType::bf16});
  }
}

TEST(OnednnResize, DoublesImages) {
  using enum ops::ResizeCoordinates;
  const auto resize = [](ops::ResizeMode mode, ops::ResizeCoordinates coordinates, ops::ResizeNearest nearest) {
    ops::Resize op;
    op.mode = mode;
    op.coordinates = coordinates;
    op.nearest = nearest;
    Graph graph;
    const ValueId x = graph.add_input("x", {DType::f32, {1, 19, 6, 5}, {}});
    const NodeId node = graph.add_node(op, {x, {}, graph.add_constant(Tensor::of<float>({4}, {1.F, 1.F, 2.F, 2.F}))});
    graph.add_output(graph.node(node).outputs[0]);
    check_node("cpu.onednn.resize", graph, node);
  };
  resize(ops::ResizeMode::nearest, asymmetric, ops::ResizeNearest::floor);
  resize(ops::ResizeMode::nearest, half_pixel, ops::ResizeNearest::round_prefer_floor);
  resize(ops::ResizeMode::linear, half_pixel, ops::ResizeNearest::floor);
  resize(ops::ResizeMode::linear, pytorch_half_pixel, ops::ResizeNearest::floor);
}

}  // namespace
}  // namespace burnish::cpu
