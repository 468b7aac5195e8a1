// cuDNN's graphs without a GPU: epilogues as pointwise nodes, packing, and, where the library is there, the engines that it has for a GPU
// it is only told of.
#include <gmock/gmock.h>

#include "backends/cuda/cudnn/convolution.h"
#include "backends/cuda/driver/cudnn_library.h"
#include "base/error.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"

namespace burnish::cuda::cudnn {
namespace {

using tactics::Operand;
using tactics::OpRequest;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// What cuDNN asks a GPU for when it plans, here of an NVIDIA H200.
constexpr const char* h200 =
    R"({"deviceName": "NVIDIA H200", "cudaDeviceId": 0, "deviceVer": 900, "multiProcessorCount": 132, "driverVer": 13000,
        "maxSharedMemoryPerBlockOptin": 232448, "totalGlobalMem": 150000000000, "maxGridSize": [2147483647, 65535, 65535],
        "maxBlockSize": [1024, 1024, 64], "regsPerBlock": 65536, "smClockRateKHz": 1980000, "memClockRateKHz": 3201000,
        "l2CacheSize": 62914560, "warpSize": 32, "maxSharedMemoryPerBlock": 49152, "reservedSharedMemoryPerBlock": 1024,
        "maxRegistersPerSM": 65536, "pciDeviceId": 0, "maxCtasPerSM": 32, "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048,
        "isTccDriver": 0, "supportCoopLaunch": 1})";

Operand data(DType type, Dims dims) { return {true, {type, Shape(dims), {}}, nullptr}; }
Operand constant(DType type, Dims dims) { return {true, {type, Shape(dims), {}}, std::make_shared<const Tensor>(type, dims)}; }

/// A convolution of [1,16,8,8] with `filters` filters, and an epilogue over further operands.
OpRequest convolution(int64_t filters, const std::string& epilogue = {}, std::vector<Operand> operands = {}, DType type = DType::f16) {
  OpRequest request;
  request.op = ops::Conv{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}};
  request.inputs = {data(type, {1, 16, 8, 8}), constant(type, {filters, 16, 3, 3})};
  request.anchor_inputs = 2;
  if (not epilogue.empty()) request.epilogue = Expr::parse(epilogue);
  for (Operand& operand : operands) request.inputs.push_back(std::move(operand));
  request.outputs = {{type, Shape{1, filters, 8, 8}, {}}};
  request.wanted = {true};
  return request;
}

Value node(size_t index) { return {Value::Kind::node, index, 0}; }
Value operand(size_t index) { return {Value::Kind::operand, index, 0}; }
Value scalar(float number) { return {Value::Kind::scalar, 0, number}; }

TEST(CudnnEpilogue, ReadsChains) {
  const OpRequest request = convolution(4, "(f32,f32) add:f32(0,1) leaky_relu:f32[0.5](2) -> 3", {constant(DType::f32, {4, 1, 1})});
  const Epilogue epilogue = epilogue_of(request, {});
  ASSERT_TRUE(epilogue.verdict) << epilogue.verdict.reason();
  EXPECT_THAT(epilogue.operands, ElementsAre(EpilogueOperand{2, EpilogueOperand::Shape::channels}));
  EXPECT_THAT(epilogue.nodes,
              ElementsAre(PointwiseNode{Function::add, node(0), operand(0), 0, {}}, PointwiseNode{Function::relu, node(1), {}, 0.5, {}}));
  EXPECT_EQ(bias_activation_of(epilogue), std::nullopt);
}

TEST(CudnnEpilogue, ReadsValuesUsedTwice) {
  const Epilogue epilogue = epilogue_of(convolution(4, "(f32) sigmoid:f32(0) mul:f32(0,1) -> 2"), {});
  ASSERT_TRUE(epilogue.verdict) << epilogue.verdict.reason();
  EXPECT_THAT(epilogue.nodes,
              ElementsAre(PointwiseNode{Function::sigmoid, node(0), {}, 0, {}}, PointwiseNode{Function::mul, node(0), node(1), 0, {}}));
}

TEST(CudnnEpilogue, ComposesWhatCudnnLacks) {
  const Epilogue swish = epilogue_of(convolution(4, "(f32) hard_swish:f32(0) -> 1"), {});
  ASSERT_TRUE(swish.verdict) << swish.verdict.reason();
  EXPECT_THAT(swish.nodes,
              ElementsAre(PointwiseNode{Function::mul, node(0), scalar(1.0F / 6), 0, {}},
                          PointwiseNode{Function::add, node(1), scalar(0.5F), 0, {}}, PointwiseNode{Function::relu, node(2), {}, 0, 1},
                          PointwiseNode{Function::mul, node(0), node(3), 0, {}}));
  const Epilogue clip = epilogue_of(convolution(4, "(f32) constant:f32[0] constant:f32[6] clip:f32(0,1,2) -> 3"), {});
  ASSERT_TRUE(clip.verdict) << clip.verdict.reason();
  EXPECT_THAT(clip.nodes, ElementsAre(PointwiseNode{Function::relu, node(0), {}, 0, 6}));
}

TEST(CudnnEpilogue, FindsWhatIsReady) {
  OpRequest request = convolution(4, "(f32,f32,f32) add:f32(0,1) add:f32(2,3) relu:f32(4) -> 5",
                                  {constant(DType::f16, {4, 1, 1}), data(DType::f16, {1, 4, 8, 8})});
  EXPECT_EQ(bias_activation_of(epilogue_of(request, {})), (BiasActivation{1, 0, true}));
  request = convolution(4, "(f32) relu:f32(0) -> 1");
  request.inputs.push_back(constant(DType::f16, {4}));
  request.anchor_inputs = 3;
  EXPECT_EQ(bias_activation_of(epilogue_of(request, 2)), (BiasActivation{{}, 0, true}));
  EXPECT_EQ(bias_activation_of(epilogue_of(convolution(4), {})), BiasActivation{});
  const std::string relu_first = "(f32,f32) relu:f32(0) add:f32(2,1) -> 3";
  EXPECT_EQ(bias_activation_of(epilogue_of(convolution(4, relu_first, {constant(DType::f16, {4, 1, 1})}), {})), std::nullopt);
}

TEST(CudnnEpilogue, SaysWhatItCannotDo) {
  const auto reason = [](const std::string& epilogue, std::vector<Operand> operands = {}) {
    return epilogue_of(convolution(4, epilogue, std::move(operands)), {}).verdict.reason();
  };
  EXPECT_EQ(reason("(f32) round:f32(0) -> 1"), "cuDNN has no pointwise node for `round`");
  EXPECT_EQ(reason("(f32) relu:f32(0) -> 1,0"), "the epilogue has several outputs");
  EXPECT_EQ(reason("(f32,f32) mul:f32(0,1) -> 2", {data(DType::f32, {1, 1, 8, 8})}), "the epilogue reads an operand of shape 1x1x8x8");
  EXPECT_EQ(reason("(f32) cast:i32(0) -> 1"), "cuDNN's epilogues do not compute in i32");
}

TEST(CudnnConvolution, RefusesWithReasons) {
  OpRequest request = convolution(4);
  EXPECT_EQ(refusal_of(request), "");
  request.op = ops::Conv{.strides = {}, .pads = {1, 1, 1, 1}, .dilations = {}, .group = 16};
  request.inputs[1] = constant(DType::f16, {16, 1, 3, 3});
  request.outputs[0].shape = Shape{1, 16, 8, 8};
  EXPECT_THAT(refusal_of(request), testing::StartsWith("depthwise"));
  EXPECT_EQ(refusal_of(convolution(4, {}, {}, DType::f64)), "not of f64");
  EXPECT_EQ(refusal_of(convolution(4, "(f32) round:f32(0) -> 1")), "");  // finished by a kernel of our own
}

TEST(CudnnConvolution, KnowsStoredVariantsByRules) {
  const auto stored = [](const OpRequest& request, const std::string& knobs, int64_t workspace, const Layout& layout) {
    tactics::Variant variant = format_variant(request, {}, layout);
    variant.knobs = knobs;
    variant.workspace = workspace;
    return may_offer_convolution(request, variant);
  };
  const Layout last = Layout::channels_last(4), row_major = Layout::row_major(4);
  const OpRequest relu = convolution(4, "(f32) relu:f32(0) -> 1"), swish = convolution(4, "(f32) swish:f32[1](0) -> 1");
  EXPECT_TRUE(stored(relu, "ready eng7", 1 << 20, last));
  EXPECT_FALSE(stored(relu, "ready eng7", 1 << 20, row_major));
  EXPECT_FALSE(stored(relu, "ready eng7", -1, last));
  EXPECT_FALSE(stored(relu, "ready eng7", int64_t{1} << 40, last));
  EXPECT_FALSE(stored(relu, "readyeng7", 0, last));
  EXPECT_FALSE(stored(swish, "ready eng7", 0, last));
  EXPECT_TRUE(stored(swish, "finished eng7", 0, last));
  EXPECT_TRUE(stored(swish, "generated 2", 0, last));
  EXPECT_FALSE(stored(swish, "generated 2", 16, last));
  EXPECT_FALSE(stored(convolution(4, "(f32) round:f32(0) -> 1"), "generated 0", 0, last));
  EXPECT_TRUE(stored(convolution(4, {}, {}, DType::f32), "ready eng7", 0, row_major));
}

struct Asked {
  std::vector<Engine> engines;
  std::optional<Plan> plan, loaded;
};

/// The engines for all of the request, or for what is finished behind; with a plan of the first, saved and loaded.
Asked ask(const OpRequest& request, bool build) {
  const ConvolutionProblem problem = problem_of(request);
  const DType storage = request.inputs[0].type.dtype;
  const tactics::Variant variant = format_variant(request, {}, Layout::channels_last(problem.rank));
  const auto graph = [&](Form form) {
    Graph made = described(request, problem, variant, form).graph;
    made.pretend(h200, 90);
    return made;
  };
  Asked asked;
  const Form form = problem.ready ? Form::ready : Form::finished;
  asked.engines = graph(form).engines(storage == DType::f32, 8);
  if (not build or asked.engines.empty()) return asked;
  asked.plan = graph(form).build(asked.engines[0].name);
  asked.loaded = graph(form).load(asked.plan->saved());
  return asked;
}

#define BURNISH_NEEDS_CUDNN() \
  if (not cudnn_library().reason.empty()) GTEST_SKIP() << cudnn_library().reason

TEST(CudnnGraph, HasKernelsReadyForBiasAndActivation) {
  BURNISH_NEEDS_CUDNN();
  const OpRequest request = convolution(32, "(f32,f32,f32) add:f32(0,1) add:f32(2,3) relu:f32(4) -> 5",
                                        {constant(DType::f32, {32, 1, 1}), data(DType::f16, {1, 32, 8, 8})});
  const Asked asked = ask(request, true);
  EXPECT_THAT(asked.engines, SizeIs(8));
  ASSERT_TRUE(asked.loaded);
  EXPECT_EQ(asked.loaded->workspace(), asked.plan->workspace());
  EXPECT_LE(asked.plan->workspace(), asked.engines[0].workspace);
}

TEST(CudnnGraph, TakesOddChannelsGroupsAndLines) {
  BURNISH_NEEDS_CUDNN();
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    EXPECT_THAT(ask(convolution(5, {}, {}, type), false).engines, testing::Not(IsEmpty())) << name_of(type);
    OpRequest line = convolution(8, {}, {}, type);
    line.op = ops::Conv{.strides = {2}, .pads = {1, 0}, .dilations = {}, .group = 2};
    line.inputs = {data(type, {2, 16, 21}), constant(type, {8, 8, 4})};
    line.outputs[0].shape = Shape{2, 8, 10};
    EXPECT_THAT(ask(line, false).engines, testing::Not(IsEmpty())) << name_of(type);
    OpRequest volume = convolution(8, {}, {}, type);
    volume.op = ops::Conv{};
    volume.inputs = {data(type, {1, 16, 5, 6, 7}), constant(type, {8, 16, 3, 3, 3})};
    volume.outputs[0].shape = Shape{1, 8, 3, 4, 5};
    EXPECT_THAT(ask(volume, false).engines, testing::Not(IsEmpty())) << name_of(type);
    OpRequest transposed = convolution(8, {}, {}, type);
    transposed.op =
        ops::ConvTranspose{.strides = {2, 2}, .pads = {}, .dilations = {}, .output_padding = {1, 0}, .output_shape = {}, .group = 1};
    transposed.inputs = {data(type, {1, 16, 5, 6}), constant(type, {16, 8, 3, 3})};
    transposed.outputs[0].shape = Shape{1, 8, 12, 13};
    EXPECT_EQ(refusal_of(transposed), "");
    EXPECT_THAT(ask(transposed, false).engines, testing::Not(IsEmpty())) << name_of(type);
  }
}

TEST(CudnnGraph, SaysThatAnEngineIsUnknown) {
  BURNISH_NEEDS_CUDNN();
  const OpRequest request = convolution(32);
  const ConvolutionProblem problem = problem_of(request);
  for (const char* name : {"", "eng7_k2=", "eng999999"}) {
    Graph graph = described(request, problem, format_variant(request, {}, Layout::channels_last(4)), Form::ready).graph;
    graph.pretend(h200, 90);
    EXPECT_THROW((void)std::move(graph).build(name), Error) << name;
  }
}

}  // namespace
}  // namespace burnish::cuda::cudnn
