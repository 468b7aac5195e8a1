// Integer products on the GPU: what restating makes of them computes the same, judged by the reference; kernels of bytes compile; and which
// tactics take what.
#include "ops/quantized.h"

#include <algorithm>
#include <cmath>

#include "backends/cuda/kernels/depthwise.h"
#include "backends/cuda/kernels/gemm.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "backends/cuda/kernels/plain_product.h"
#include "ir/evaluate.h"
#include "ops/fused.h"
#include "tactics/registry.h"
#include "tactics/sample_data.h"
#include "tensor/number.h"
#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using enum DType;

Tensor bytes(DType type, const Dims& dims, uint64_t seed) {
  Tensor tensor(type, dims);
  const Tensor random = tactics::sample_tensor(f32, dims, seed, tactics::SampleIntegers::zeros);
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_integer(i, std::lround(random.number(i) * 127) + (type == u8 ? 128 : 0));
  return tensor;
}

tactics::Operand operand(DType type, const Dims& dims) { return {.present = true, .type = {type, Shape(dims), {}}, .constant = nullptr}; }
tactics::Operand constant(Tensor tensor) {
  return {
      .present = true, .type = {tensor.dtype(), Shape(tensor.dims()), {}}, .constant = std::make_shared<const Tensor>(std::move(tensor))};
}

/// A product with a scale and a bias for each channel; its epilogue quantizes to i8 after adding a tensor of bytes.
OpRequest request_of(Op op, DType type, const Dims& x, const Dims& w, int64_t channels, const Dims& result, int64_t zero,
                     const std::string& epilogue = {}) {
  OpRequest request;
  request.op = std::move(op);
  request.anchor_inputs = ops::QuantizedOperand::count;
  Tensor scale(f32, {channels}), zero_point(type, {});
  for (int64_t i = 0; i < channels; ++i) scale.set_number(i, 0.002 + 0.0003 * static_cast<double>(i % 5));
  zero_point.set_integer(0, zero);
  tactics::Operand none;
  none.present = false;
  request.inputs = {operand(type, x), constant(bytes(i8, w, 2)), zero == 0 ? none : constant(zero_point), constant(scale),
                    constant(tactics::sample_tensor(f32, {channels}, 3, tactics::SampleIntegers::zeros))};
  request.outputs = {{f32, Shape(result), {}}};
  if (not epilogue.empty()) {
    request.epilogue = Expr::parse(epilogue);
    for (size_t i = 1; i < request.epilogue.inputs.size(); ++i) request.inputs.push_back(operand(request.epilogue.inputs[i], result));
    request.outputs[0].dtype = request.epilogue.dtype(request.epilogue.outputs[0]);
  }
  request.wanted = {true};
  request.target.permitted = {f16};
  return request;
}

/// The request as a graph of one node, run by the reference. Constants of the restated form become the types of their inputs.
Tensor evaluated(const OpRequest& request, const std::vector<Tensor>& given) {
  Graph graph;
  std::vector<ValueId> inputs;
  const bool restated = not ops::is_quantized_product(request.op);
  for (const tactics::Operand& one : request.inputs) {
    if (not one.present) inputs.push_back({});
    else if (one.constant == nullptr) inputs.push_back(graph.add_input("x" + std::to_string(inputs.size()), one.type));
    else inputs.push_back(graph.add_constant(restated ? converted(*one.constant, f32) : *one.constant));
  }
  const Op op =
      request.has_epilogue() ? Op(ops::Fused{request.op, static_cast<int64_t>(request.anchor_inputs), request.epilogue}) : request.op;
  const NodeId node = graph.add_node(op, inputs);
  graph.add_output(graph.node(node).outputs[0]);
  return evaluate(graph, given).front();
}

/// Readings in floats give what the product of bytes does, but for rounding in f32.
void expect_same(const OpRequest& request, std::vector<Reading> readings = {Reading::floats, Reading::scaled}) {
  std::vector<Tensor> given;
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present and request.inputs[i].constant == nullptr)
      given.push_back(is_floating(request.inputs[i].type.dtype)
                          ? tactics::sample_tensor(f32, request.dims(i), 7 + i, tactics::SampleIntegers::zeros)
                          : bytes(request.inputs[i].type.dtype, request.dims(i), 7 + i));
  const Tensor wanted = evaluated(request, given);
  given[0] = converted(given[0], f32);
  for (const Reading reading : readings) {
    ASSERT_EQ(restating_refusal(request, reading), "");
    const Tensor got = evaluated(restated(request, reading, true).request, given);
    ASSERT_EQ(got.dims(), wanted.dims());
    for (int64_t i = 0; i < wanted.size(); ++i)
      ASSERT_NEAR(got.number(i), wanted.number(i), wanted.dtype() == f32 ? 2e-4 * (1 + std::abs(wanted.number(i))) : 1) << "at " << i;
  }
}

const ops::Conv padded{.strides = {2, 1}, .pads = {1, 2, 0, 1}, .dilations = {1, 2}};
constexpr const char* to_bytes =
    "(f32,i8) cast:f32(1) add:f32(0,2) round:f32(3) constant:f32[-128] constant:f32[127] clip:f32(4,5,6) cast:i8(7) -> 8";

TEST(PlainProduct, ConvolutionsComputeTheSame) {
  for (const DType type : {u8, i8})
    for (const int64_t zero : {0, 9}) {
      SCOPED_TRACE(fmt::format("{} {}", name_of(type), zero));
      expect_same(request_of(ops::QuantizedConv{padded}, type, {2, 3, 7, 9}, {5, 3, 3, 3}, 5, {2, 5, 3, 8}, zero));
      expect_same(request_of(ops::QuantizedConv{}, type, {2, 6, 5, 5}, {4, 6, 1, 1}, 4, {2, 4, 5, 5}, zero, to_bytes));
      ops::Conv depthwise = padded;
      depthwise.group = 6;
      expect_same(request_of(ops::QuantizedConv{depthwise}, type, {1, 6, 7, 9}, {6, 1, 3, 3}, 6, {1, 6, 3, 8}, zero));
      expect_same(
          request_of(ops::QuantizedConv{{.strides = {}, .pads = {1, 1}, .dilations = {}}}, type, {1, 4, 9}, {3, 4, 3}, 3, {1, 3, 9}, zero));
    }
}

TEST(PlainProduct, MatrixProductsComputeTheSame) {
  ops::MatMul transposed;
  transposed.transpose_b = true;
  for (const int64_t zero : {0, -100}) {
    expect_same(request_of(ops::QuantizedMatMul{}, i8, {2, 3, 16}, {16, 7}, 7, {2, 3, 7}, zero, to_bytes));
    expect_same(request_of(ops::QuantizedMatMul{transposed}, i8, {5, 16}, {7, 16}, 7, {5, 7}, zero));
  }
}

TEST(PlainProduct, ZeroPointsMayBeComputed) {
  const auto computed = [](OpRequest request) {
    request.inputs[ops::QuantizedOperand::zero_point].constant = nullptr;
    return request;
  };
  expect_same(computed(request_of(ops::QuantizedMatMul{}, u8, {2, 3, 16}, {16, 7}, 7, {2, 3, 7}, 9, to_bytes)), {Reading::floats});
  expect_same(computed(request_of(ops::QuantizedConv{padded}, u8, {2, 3, 7, 9}, {5, 3, 3, 3}, 5, {2, 5, 3, 8}, 9)), {Reading::floats});
}

TEST(PlainProduct, WhatLiesWithChannelsLastHoldsTheSameNumbers) {
  const OpRequest request = request_of(ops::QuantizedConv{padded}, u8, {2, 3, 7, 9}, {5, 3, 3, 3}, 5, {2, 5, 3, 8}, 9);
  const Tensor planes = *restated(request, Reading::bytes, true, false).request.inputs.back().constant;
  const Tensor pixels = *restated(request, Reading::bytes, true, true).request.inputs.back().constant;
  ASSERT_EQ(planes.dims(), (Dims{1, 5, 3, 8}));
  for (int64_t channel = 0; channel < 5; ++channel)
    for (int64_t pixel = 0; pixel < 24; ++pixel) EXPECT_EQ(planes.number(channel * 24 + pixel), pixels.number(pixel * 5 + channel));
}

TEST(PlainProduct, RefusesWhatIsComputedAndScalesThatHalvesDoNotHold) {
  OpRequest computed = request_of(ops::QuantizedMatMul{}, i8, {3, 16}, {16, 7}, 7, {3, 7}, 0);
  computed.inputs[ops::QuantizedOperand::scale].constant = nullptr;
  EXPECT_NE(restating_refusal(computed, Reading::bytes).find("computed"), std::string::npos);
  OpRequest small = request_of(ops::QuantizedMatMul{}, i8, {3, 16}, {16, 7}, 7, {3, 7}, 0);
  Tensor scale(f32, {1});
  scale.set_number(0, 1e-8);
  small.inputs[ops::QuantizedOperand::scale] = constant(scale);
  EXPECT_NE(restating_refusal(small, Reading::scaled).find("too small"), std::string::npos);
  EXPECT_EQ(restating_refusal(small, Reading::bytes), "");
}

const tactics::Tactic& tactic(std::string_view id) { return *tactics::registry().find_tactic(id); }

TEST(QuantizedProducts, AreOfferedInBytesAndInHalves) {
  const OpRequest request = request_of(ops::QuantizedConv{{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}}}, u8, {1, 32, 14, 14},
                                       {64, 32, 3, 3}, 64, {1, 64, 14, 14}, 0, to_bytes);
  for (const auto& [id, storage] : {std::pair{"cuda.quantized.gemm", u8}, std::pair{"cuda.quantized.gemm_of_halves", f16}}) {
    SCOPED_TRACE(id);
    ASSERT_TRUE(tactic(id).supports(request)) << tactic(id).supports(request).reason();
    tactics::VariantSink sink;
    tactic(id).variants(request, sink);
    ASSERT_FALSE(sink.variants.empty());
    std::vector<std::string> texts;
    for (const Variant& variant : sink.variants) {
      ASSERT_EQ(variant.inputs.size(), request.inputs.size());
      EXPECT_EQ(variant.inputs[0], (tactics::Format{storage, Layout::channels_last(4), tactics::Space::device}));
      EXPECT_EQ(variant.inputs[5].storage, i8);
      EXPECT_EQ(variant.outputs[0].storage, i8);
      for (const size_t kept : {1, 3, 4}) EXPECT_TRUE(variant.keeps_constant[kept]);
      texts.push_back(variant.text());
    }
    std::ranges::sort(texts);
    EXPECT_EQ(std::ranges::adjacent_find(texts), texts.end());
  }
}

TEST(QuantizedProducts, RefuseWithReasons) {
  const auto reason = [](const char* id, const OpRequest& request) { return tactic(id).supports(request).reason(); };
  const OpRequest short_rows = request_of(ops::QuantizedMatMul{}, i8, {3, 24}, {24, 8}, 8, {3, 8}, 0);
  EXPECT_NE(reason("cuda.quantized.gemm", short_rows).find("multiple of 16"), std::string::npos);
  EXPECT_EQ(reason("cuda.quantized.gemm_of_halves", short_rows), "");
  OpRequest floats = short_rows;
  floats.op = ops::MatMul{};
  EXPECT_NE(reason("cuda.quantized.gemm", floats).find("not a product of quantized"), std::string::npos);
}

/// The usual tail: scale and bias for each column, then bytes.
Tail tail_to_bytes(int width, size_t row_axes) {
  Dims per_column(row_axes + 1, 0), full(row_axes + 1, 64);
  per_column.back() = full.back() = 1;
  return {Expr::parse("(f32,f32,f32,i8) mul:f32(0,1) add:f32(4,2) cast:f32(3) add:f32(5,6) round:f32(7) constant:f32[-128] "
                      "constant:f32[127] clip:f32(8,9,10) cast:i8(11) -> 12"),
          {{f32, per_column}, {f32, per_column}, {i8, full}},
          {{i8, full}},
          width};
}

void expect_compiles_for(const GemmSource& source, int capability) {
  SCOPED_TRACE(source.tiling.text());
  try {
    EXPECT_GT(compile(gemm_source(source, tail_to_bytes(source.width, source.row_axes)), capability).size(), 0);
  } catch (const Error& error) { FAIL() << error.what(); }
}

class BytesOnEveryGeneration : public testing::TestWithParam<int> {};

TEST_P(BytesOnEveryGeneration, CompileByWarpsAndByGroups) {
  BURNISH_NEEDS_NVRTC();
  GemmMachine machine;
  machine.capability = GetParam();
  MatrixProduct product;
  product.m = product.n = 4096;
  product.k = 2048;  // pairs
  DType type = i8;
  for (const GemmTiling& tiling : gemm_tilings(machine, product)) {
    if (not tiling.groups and tiling.m * tiling.n < 64 * 64) continue;
    GemmSource source;
    source.tiling = tiling;
    source.type = type;
    expect_compiles_for(source, GetParam());
    type = type == i8 ? u8 : i8;
  }
}

TEST_P(BytesOnEveryGeneration, CompileFloat8) {
  BURNISH_NEEDS_NVRTC();
  GemmSource source;
  source.type = f8e4m3fn;
  source.tiling = {.m = 64, .n = 64, .k = 64};
  expect_compiles_for(source, GetParam());
  if (GetParam() != 90) return;
  source.tiling = {.m = 128, .n = 128, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true};
  expect_compiles_for(source, 90);
}

TEST_P(BytesOnEveryGeneration, CompileImages) {
  BURNISH_NEEDS_NVRTC();
  GemmSource source;
  source.type = u8;
  source.tiling = {.m = 64, .n = 32, .k = 64};
  if (GetParam() >= 90) source.tiling.splits = 2;
  source.image = ConvImage{.given = 24,
                           .channels = 12,
                           .rows = {.input = 15, .output = 8, .kernel = 3, .stride = 2, .dilation = 1, .pad_begin = 1},
                           .columns = {.input = 13, .output = 13, .kernel = 5, .stride = 1, .dilation = 2, .pad_begin = 4}};
  expect_compiles_for(source, GetParam());
  source.image->given = 3;
  source.image->channels = 4;
  source.type = i8;
  expect_compiles_for(source, GetParam());
  ConvImage padded_image = *source.image;
  padded_image.channels = 8;
  EXPECT_GT(compile(pad_channels_source(padded_image, 4, i8, i8), GetParam()).size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Capabilities, BytesOnEveryGeneration, testing::ValuesIn(generations));

TEST(QuantizedProducts, DepthwiseOfBytesCompiles) {
  BURNISH_NEEDS_NVRTC();
  ops::Conv conv{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}};
  conv.group = 32;
  const OpRequest request = request_of(ops::QuantizedConv{conv}, u8, {1, 32, 14, 14}, {32, 1, 3, 3}, 32, {1, 32, 14, 14}, 0, to_bytes);
  for (const Reading reading : {Reading::bytes, Reading::floats}) {
    const PlainProduct plain = restated(request, reading, false);
    tactics::VariantSink sink;
    tactic("cuda.depthwise").variants(plain.request, sink);
    ASSERT_FALSE(sink.variants.empty());
    expect_compiles(depthwise_source(plain.request, sink.variants.front()));
    expect_compiles(depthwise_source(plain.request, sink.variants.back()));
  }
}

}  // namespace
}  // namespace burnish::cuda
