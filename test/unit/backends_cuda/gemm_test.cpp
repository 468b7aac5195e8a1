// Our own matrix products: every tiling compiles for the GPUs that can run it, with every kind of operand and epilogue; tilings are offered
// where they fit.
#include "backends/cuda/kernels/gemm.h"

#include <algorithm>

#include "ops/conv.h"
#include "ops/matmul.h"
#include "tactics/registry.h"
#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

using enum DType;

/// A bias for each column, a matrix, and an activation; two results of different types. `row_axes` axes make up the rows.
Tail usual_tail(int width, size_t row_axes) {
  Dims per_column(row_axes + 1, 0), full(row_axes + 1, 64);
  per_column.back() = full.back() = 1;
  return {Expr::parse("(f32,f32,f32) add:f32(0,1) relu:f32(3) add:f32(4,2) -> 5,3"),
          {{f32, per_column}, {f16, full}},
          {{f16, full}, {f32, full}},
          width};
}

GemmMachine machine_of(int capability) {
  GemmMachine machine;
  machine.capability = capability;
  return machine;
}

MatrixProduct product_of(int64_t m, int64_t n, int64_t k) {
  MatrixProduct product;
  product.m = m;
  product.n = n;
  product.k = k;
  return product;
}

void expect_compiles_for(const GemmSource& source, int capability) {
  SCOPED_TRACE(source.tiling.text());
  try {
    EXPECT_GT(compile(gemm_source(source, usual_tail(source.width, source.row_axes)), capability).size(), 0);
  } catch (const Error& error) { FAIL() << error.what(); }
}

class EveryGeneration : public testing::TestWithParam<int> {};

TEST_P(EveryGeneration, CompilesEveryTiling) {
  BURNISH_NEEDS_NVRTC();
  for (const GemmTiling& tiling : gemm_tilings(machine_of(GetParam()), product_of(4096, 4096, 4096))) {
    GemmSource source;
    source.tiling = tiling;
    expect_compiles_for(source, GetParam());
  }
}

TEST_P(EveryGeneration, CompilesClustersAndOddOperands) {
  BURNISH_NEEDS_NVRTC();
  const int capability = GetParam();
  GemmSource source;
  source.tiling = {.m = 64, .n = 32, .k = 64};
  source.right_k_inner = false;
  source.right_is_constant = false;
  source.type = bf16;
  source.row_axes = 3;
  expect_compiles_for(source, capability);
  if (capability >= 90) source.tiling.splits = 4;
  source.right_k_inner = true;
  source.width = 1;
  source.row_axes = 1;
  expect_compiles_for(source, capability);
  if (capability != 90) return;
  source.tiling = {.m = 64, .n = 128, .k = 64, .warps_m = 4, .warps_n = 1, .splits = 8, .groups = true};
  expect_compiles_for(source, capability);
  source.width = 8;
  source.tiling = {.m = 64, .n = 48, .k = 64, .warps_m = 4, .warps_n = 1, .stages = 12, .splits = 3, .groups = true, .resident = true};
  expect_compiles_for(source, capability);
  source.tiling = {.m = 128, .n = 96, .k = 64, .warps_m = 8, .warps_n = 1, .stages = 1, .groups = true, .resident = true};
  expect_compiles_for(source, capability);
}

TEST_P(EveryGeneration, CompilesImages) {
  BURNISH_NEEDS_NVRTC();
  GemmSource source;
  source.image = ConvImage{.given = 24,
                           .channels = 24,
                           .rows = {.input = 15, .output = 8, .kernel = 3, .stride = 2, .dilation = 1, .pad_begin = 1},
                           .columns = {.input = 13, .output = 13, .kernel = 5, .stride = 1, .dilation = 2, .pad_begin = 4}};
  source.tiling = {.m = 128, .n = 64, .k = 64, .warps_m = 2, .warps_n = 2, .stages = 3};
  expect_compiles_for(source, GetParam());
  if (GetParam() == 90) {
    GemmSource groups = source;
    groups.tiling = {.m = 64, .n = 64, .k = 64, .warps_m = 4, .warps_n = 1, .splits = 4, .groups = true};
    expect_compiles_for(groups, 90);
  }
  // The image of a first layer: three channels padded to four.
  source.image->given = 3;
  source.image->channels = 4;
  expect_compiles_for(source, GetParam());
  for (const int together : {1, 4})
    EXPECT_GT(compile(pad_channels_source(*source.image, together, f32, bf16), GetParam()).size(), 0) << "made of planes";
}

INSTANTIATE_TEST_SUITE_P(Capabilities, EveryGeneration, testing::ValuesIn(generations));

TEST(GemmTilings, EveryOneFitsTheSharedMemoryAndHasANameOfItsOwn) {
  const GemmMachine machine = machine_of(90);
  std::vector<std::string> names;
  for (const GemmTiling& tiling : gemm_tilings(machine, product_of(32, 512, 4096))) {
    EXPECT_LE(tiling.shared_bytes(), machine.shared_bytes);
    names.push_back(tiling.text());
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(GemmTilings, OnlyFewRowsAreSplitAndOnlyWhereThereAreClusters) {
  const auto splits = [](int capability, const MatrixProduct& product) {
    return std::ranges::any_of(gemm_tilings(machine_of(capability), product), [](const GemmTiling& one) { return one.splits > 1; });
  };
  EXPECT_TRUE(splits(90, product_of(8, 1024, 4096)));
  EXPECT_FALSE(splits(80, product_of(8, 1024, 4096)));
  EXPECT_FALSE(splits(90, product_of(4096, 4096, 4096)));
}

TEST(GemmTilings, OnlyFewRowsAskForALongPartOfKAtOnce) {
  const auto longest = [](const MatrixProduct& product) {
    int stages = 0;
    for (const GemmTiling& tiling : gemm_tilings(machine_of(90), product))
      if (tiling.resident) {
        EXPECT_GE(int64_t{tiling.stages} * tiling.k * tiling.splits, product.k) << tiling.text();
        stages = std::max(stages, tiling.stages);
      }
    return stages;
  };
  EXPECT_EQ(longest(product_of(128, 2304, 768)), 12);
  EXPECT_LE(longest(product_of(8192, 2304, 768)), 4);
  EXPECT_EQ(longest(product_of(8192, 2304, 64)), 1);
  EXPECT_EQ(longest(product_of(8192, 2304, 4096)), 0);
}

TEST(GemmTilings, GroupsNeedTheirGenerationAndOperandsAlongK) {
  const auto groups = [](int capability, bool k_inner) {
    MatrixProduct product = product_of(256, 256, 256);
    product.right.k_inner = k_inner;
    return std::ranges::any_of(gemm_tilings(machine_of(capability), product), [](const GemmTiling& one) { return one.groups; });
  };
  EXPECT_TRUE(groups(90, true));
  EXPECT_FALSE(groups(90, false));
  EXPECT_FALSE(groups(80, true));
  EXPECT_FALSE(groups(100, true));
}

TEST(GemmTilings, LargeProductsAreEstimatedNearTheirPeakAndSmallOnesInMicroseconds) {
  const auto best = [](const MatrixProduct& product) {
    double seconds = 1;
    for (const GemmTiling& tiling : gemm_tilings(machine_of(90), product))
      seconds = std::min(seconds, gemm_seconds(machine_of(90), product, tiling));
    return seconds;
  };
  const MatrixProduct large = product_of(8192, 8192, 8192);
  EXPECT_GT(large.flops() / best(large), 300e12);
  EXPECT_LT(large.flops() / best(large), 1000e12);
  EXPECT_LT(best(product_of(1, 1000, 2048)), 8e-6);
}

/// f32 tensors that may be stored in halves; the second input is a constant, an epilogue has one more operand of the result's shape.
tactics::OpRequest request_of(Op op, const Dims& a, const Dims& b, const Dims& result, const std::string& epilogue = {}) {
  tactics::OpRequest request;
  request.op = std::move(op);
  request.anchor_inputs = 2;
  for (const Dims& dims : {a, b}) request.inputs.push_back({.present = true, .type = {f32, Shape(dims), {}}, .constant = nullptr});
  request.inputs[1].constant = std::make_shared<const Tensor>(f32, b);
  if (not epilogue.empty()) {
    request.epilogue = Expr::parse(epilogue);
    request.inputs.push_back({.present = true, .type = {f32, Shape(result), {}}, .constant = nullptr});
  }
  for (size_t i = 0; i < std::max<size_t>(1, request.epilogue.outputs.size()); ++i) {
    request.outputs.push_back({f32, Shape(result), {}});
    request.wanted.push_back(true);
  }
  request.target.permitted = {f16};
  return request;
}

TEST(Gemm, OffersHalvesWithAnyEpilogue) {
  const tactics::Tactic& gemm = *tactics::registry().find_tactic("cuda.gemm");
  const auto request = request_of(ops::MatMul{}, {2, 24, 64}, {64, 40}, {2, 24, 40}, "(f32,f32) gelu_erf:f32(0) mul:f32(2,1) -> 3,2");
  ASSERT_TRUE(gemm.supports(request)) << gemm.supports(request).reason();
  tactics::VariantSink sink;
  gemm.variants(request, sink);
  ASSERT_EQ(sink.variants.size(), 8);
  for (const tactics::Variant& variant : sink.variants) {
    EXPECT_EQ(variant.inputs[0].storage, f16);
    EXPECT_EQ(variant.inputs[1].storage, f32);  // packed by the kernel
    EXPECT_TRUE(variant.keeps_constant[1]);
    EXPECT_EQ(variant.inputs[2].storage, f16);
    EXPECT_EQ(variant.outputs[1].storage, f16);
    EXPECT_GT(variant.estimate, 0);
  }
}

TEST(Gemm, TakesPixelsWithChannelsLast) {
  const tactics::Tactic& gemm = *tactics::registry().find_tactic("cuda.gemm");
  const auto request = request_of(ops::Conv{}, {1, 64, 7, 7}, {32, 64, 1, 1}, {1, 32, 7, 7}, "(f32,f32) add:f32(0,1) -> 2");
  tactics::VariantSink sink;
  gemm.variants(request, sink);
  ASSERT_FALSE(sink.variants.empty());
  const Layout last = Layout::channels_last(4);
  EXPECT_EQ(sink.variants[0].inputs[0].layout, last);
  EXPECT_EQ(sink.variants[0].inputs[2].layout, last);
  EXPECT_EQ(sink.variants[0].outputs[0].layout, last);
}

TEST(Gemm, RefusesWithReasons) {
  const tactics::Tactic& gemm = *tactics::registry().find_tactic("cuda.gemm");
  const auto reason = [&](tactics::OpRequest request) { return gemm.supports(request).reason(); };
  EXPECT_NE(reason(request_of(ops::MatMul{}, {24, 30}, {30, 40}, {24, 40})).find("multiple of 8"), std::string::npos);
  EXPECT_NE(reason(request_of(ops::MatMul{.transpose_a = true}, {64, 24}, {64, 40}, {24, 40})).find("transposed"), std::string::npos);
  EXPECT_NE(reason(request_of(ops::MatMul{}, {24, 64}, {64}, {24})).find("column"), std::string::npos);
  auto exact = request_of(ops::MatMul{}, {24, 64}, {64, 40}, {24, 40});
  exact.target.permitted = {};
  EXPECT_NE(reason(exact).find("halves"), std::string::npos);
}

}  // namespace
}  // namespace burnish::cuda
