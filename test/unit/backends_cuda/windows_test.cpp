// Pools, direct and depthwise convolutions, attention: every variant that the tactics offer compiles, and tiles are chosen with sense.
#include "backends/cuda/kernels/attention_cut.h"
#include "backends/cuda/kernels/depthwise.h"
#include "backends/cuda/kernels/gemm_tiles.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "ops/attention.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/packed_attention.h"
#include "ops/pool.h"
#include "tactics/registry.h"
#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using enum DType;

tactics::Operand operand(const Dims& dims, bool constant = false) {
  tactics::Operand made{.present = true, .type = {f32, Shape(dims), {}}, .constant = nullptr};
  if (constant) made.constant = std::make_shared<const Tensor>(f32, dims);
  return made;
}

OpRequest request_of(Op op, std::vector<tactics::Operand> inputs, const Dims& output) {
  OpRequest request;
  request.op = std::move(op);
  request.anchor_inputs = inputs.size();
  request.inputs = std::move(inputs);
  request.outputs = {{f32, Shape(output), {}}};
  request.wanted = {true};
  request.target.permitted = {f16};
  return request;
}

using Source = std::string (*)(const OpRequest&, const Variant&);

/// The variants of one tactic; at least one.
std::vector<Variant> variants_of(std::string_view id, const OpRequest& request) {
  for (const tactics::Tactic* tactic : tactics::registry().tactics_of("cuda")) {
    if (tactic->id() != id) continue;
    const tactics::Verdict verdict = tactic->supports(request);
    EXPECT_TRUE(verdict) << verdict.reason();
    tactics::VariantSink sink;
    tactic->variants(request, sink);
    EXPECT_FALSE(sink.variants.empty());
    return sink.variants;
  }
  ADD_FAILURE() << "no tactic " << id;
  return {};
}

/// Of variants that differ in knobs alone, the first.
void expect_all_compile(std::string_view id, Source source, const OpRequest& request) {
  std::vector<tactics::Format> before;
  for (const Variant& variant : variants_of(id, request)) {
    SCOPED_TRACE(variant.text());
    if (variant.inputs == before) continue;
    before = variant.inputs;
    expect_compiles(source(request, variant));
    EXPECT_GT(variant.estimate, 0);
  }
}

OpRequest depthwise(int64_t channels, int64_t extent, int64_t kernel, int64_t stride) {
  const ops::Conv conv{.strides = {stride, stride}, .pads = std::vector<int64_t>(4, kernel / 2), .dilations = {}, .group = channels};
  const int64_t out = (extent - 1) / stride + 1;
  return request_of(conv, {operand({2, channels, extent, extent}), operand({channels, 1, kernel, kernel}, true), operand({channels}, true)},
                    {2, channels, out, out});
}

TEST(Depthwise, Compiles) {
  BURNISH_NEEDS_NVRTC();
  expect_all_compile("cuda.depthwise", depthwise_source, depthwise(32, 14, 3, 2));
}

TEST(Depthwise, TilesCoverTheBlockAndRoundTrip) {
  for (const Variant& variant : variants_of("cuda.depthwise", depthwise(960, 7, 3, 1))) {
    const auto tile = DepthwiseTile::parse(variant.knobs);
    ASSERT_TRUE(tile) << variant.knobs;
    EXPECT_EQ(tile->text(), variant.knobs);
    EXPECT_LE(tile->threads(), 256);
    EXPECT_LE(tile->columns, 7);
  }
  EXPECT_FALSE(DepthwiseTile::parse("tile=4"));
}

TEST(Depthwise, TakesLargerTilesWhereTheImageIsLarge) {
  const auto outputs_of_best = [](int64_t batch, int64_t extent) {
    const ops::WindowAxis axis{.input = extent, .output = extent, .kernel = 3, .stride = 1, .dilation = 1, .pad_begin = 1, .pad_end = 1};
    const auto tiles =
        depthwise_tiles({.batch = batch, .channels = 96, .height = axis, .width = axis, .element_bytes = 2, .channels_last = true}, 4);
    return tiles.empty() ? 0 : tiles.front().rows * tiles.front().columns;
  };
  EXPECT_GT(outputs_of_best(64, 112), outputs_of_best(1, 7));
}

TEST(ConvDirect, Compiles) {
  BURNISH_NEEDS_NVRTC();
  const ops::Conv grouped{.strides = {2, 1}, .pads = {0, 1, 2, 1}, .dilations = {1, 2}, .group = 2};
  expect_all_compile("cuda.conv_direct", conv_direct_source,
                     request_of(grouped, {operand({1, 6, 9, 8}), operand({4, 3, 3, 3})}, {1, 4, 5, 6}));
  ops::ConvTranspose spread;
  spread.strides = {2, 2, 2};
  expect_all_compile("cuda.conv_direct", conv_direct_source,
                     request_of(spread, {operand({1, 3, 2, 4, 5}), operand({3, 2, 2, 2, 2}, true)}, {1, 2, 4, 8, 10}));
}

TEST(Pool, Compiles) {
  BURNISH_NEEDS_NVRTC();
  for (const ops::PoolKind kind : {ops::PoolKind::max, ops::PoolKind::average, ops::PoolKind::lp}) {
    ops::Pool pool;
    pool.kind = kind;
    pool.kernel = {3, 3};
    pool.strides = {2, 2};
    expect_all_compile("cuda.pool", pool_source, request_of(pool, {operand({2, 24, 15, 15})}, {2, 24, 7, 7}));
    pool.kernel = {12};
    pool.strides = {1};
    expect_all_compile("cuda.pool", pool_source, request_of(pool, {operand({2, 5, 15})}, {2, 5, 4}));
  }
}

TEST(AttentionCut, WarpsShareRowsOnlyWhereHeadsAreFew) {
  const AttentionSizes few{.heads = 12, .rows = 197, .columns = 197, .depth = 64, .width = 64};
  const std::vector<AttentionCut> cuts = attention_matrix_cuts(few);
  EXPECT_GT(cuts.size(), 3U);
  for (const AttentionCut& cut : cuts) {
    EXPECT_LE(cut.shared_bytes, gemm_machine().shared_bytes) << cut.knobs;
    EXPECT_EQ(attention_cut_named(few, cut.knobs).type, cut.type);
  }
  EXPECT_THROW(attention_cut_named(few, "tensor-cores rows=7 groups=2"), Error);
  EXPECT_EQ(attention_matrix_cuts({.heads = 1024, .rows = 197, .columns = 197, .depth = 64, .width = 64}).size(), 1U);
  EXPECT_EQ(attention_matrix_cuts({.heads = 4, .rows = 1, .columns = 20, .depth = 64, .width = 64}).size(), 1U);
}

TEST(Attention, Compiles) {
  BURNISH_NEEDS_NVRTC();
  expect_all_compile("cuda.attention", attention_source,
                     request_of(ops::Attention{.scale = 0.2},
                                {operand({8, 3, 49, 32}), operand({8, 3, 49, 32}), operand({8, 3, 49, 32}), operand({1, 3, 49, 49}, true)},
                                {8, 3, 49, 32}));
  expect_all_compile("cuda.attention", attention_source,
                     request_of(ops::Attention{.scale = 1, .causal = true, .transposed_k = true},
                                {operand({2, 3, 70, 100}), operand({2, 3, 100, 40}), operand({2, 3, 40, 17})}, {2, 3, 70, 17}));
  expect_all_compile("cuda.attention", attention_source,
                     request_of(ops::Attention{.scale = 1}, {operand({5, 128}), operand({9, 128}), operand({9, 128})}, {5, 128}));
}

TEST(PackedAttention, Compiles) {
  BURNISH_NEEDS_NVRTC();
  const ops::PackedAttention windows{.heads = 3, .scale = 1, .causal = false, .window = {7, 7}, .shift = {3, 3}};
  expect_all_compile("cuda.packed_attention", packed_attention_source,
                     request_of(windows, {operand({2, 14, 14, 288}), operand({4, 3, 49, 49}, true)}, {2, 14, 14, 96}));
  expect_all_compile("cuda.packed_attention", packed_attention_source,
                     request_of(ops::PackedAttention{.heads = 2, .scale = 1, .causal = true, .window = {}, .shift = {}},
                                {operand({2, 70, 120})}, {2, 70, 40}));
  // Few heads of many tokens: warps share rows.
  expect_all_compile("cuda.packed_attention", packed_attention_source,
                     request_of(ops::PackedAttention{.heads = 2, .scale = 1, .causal = false, .window = {}, .shift = {}},
                                {operand({1, 197, 384})}, {1, 197, 128}));
}

}  // namespace
}  // namespace burnish::cuda
