// The tables against the list of flags that trtexec has had from TensorRT 8.6 to 11.1.
#include "cli/trtexec/flags.h"

#include <gmock/gmock.h>

#include <set>

#include "cli/trtexec/parse.h"
#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view known[] = {"--accuracyAlgorithm",
                                      "--accuracyThreshold",
                                      "--adjustForDLA",
                                      "--allocationStrategy",
                                      "--allowGPUFallback",
                                      "--allowWeightStreaming",
                                      "--asyncFileReader",
                                      "--atol",
                                      "--avgRuns",
                                      "--avgTiming",
                                      "--batch",
                                      "--best",
                                      "--bf16",
                                      "--buildDLAStandalone",
                                      "--buildOnly",
                                      "--builderOptimizationLevel",
                                      "--calib",
                                      "--calibProfile",
                                      "--consistency",
                                      "--continue",
                                      "--cpuOnly",
                                      "--decomposableAttentions",
                                      "--deploy",
                                      "--device",
                                      "--directIO",
                                      "--distributiveIndependence",
                                      "--dryRun",
                                      "--dumpKernelText",
                                      "--dumpLayerInfo",
                                      "--dumpOptimizationProfile",
                                      "--dumpOutput",
                                      "--dumpProfile",
                                      "--dumpRawBindingsToFile",
                                      "--dumpRefit",
                                      "--duration",
                                      "--dynamicPlugins",
                                      "--enablePluginOverride",
                                      "--errorOnTimingCacheMiss",
                                      "--excludeLeanRuntime",
                                      "--explicitBatch",
                                      "--explicitPrecision",
                                      "--exportLayerInfo",
                                      "--exportOutput",
                                      "--exportProfile",
                                      "--exportTimes",
                                      "--exposeDMA",
                                      "--fp16",
                                      "--fp8",
                                      "--getPlanVersionOnly",
                                      "--hardwareCompatibilityLevel",
                                      "--help",
                                      "--helpBuildRoute",
                                      "--heuristic",
                                      "--idleTime",
                                      "--ignoreParsedPluginLibs",
                                      "--includeDataTransfers",
                                      "--infStreams",
                                      "--inputIOFormats",
                                      "--int4",
                                      "--int8",
                                      "--iterations",
                                      "--l2LimitForTiling",
                                      "--layerDeviceTypes",
                                      "--layerOutputTypes",
                                      "--layerPrecisions",
                                      "--leanDLLPath",
                                      "--loadEngine",
                                      "--loadInputs",
                                      "--loadRefOutputs",
                                      "--markDebug",
                                      "--markUnfusedTensorsAsDebugTensors",
                                      "--maxAuxStreams",
                                      "--maxBatch",
                                      "--maxShapes",
                                      "--maxShapesCalib",
                                      "--maxTactics",
                                      "--memPoolSize",
                                      "--minShapes",
                                      "--minShapesCalib",
                                      "--minTiming",
                                      "--model",
                                      "--monitorMemory",
                                      "--nativeInstanceNorm",
                                      "--noBuilderCache",
                                      "--noCompilationCache",
                                      "--noCudaGraph",
                                      "--noDataTransfers",
                                      "--noSpinWait",
                                      "--noTF32",
                                      "--nvtxMode",
                                      "--onnx",
                                      "--optShapes",
                                      "--optShapesCalib",
                                      "--output",
                                      "--outputIOFormats",
                                      "--percentile",
                                      "--persistentCacheRatio",
                                      "--pi",
                                      "--pluginInstanceNorm",
                                      "--plugins",
                                      "--precisionConstraints",
                                      "--preview",
                                      "--profile",
                                      "--profilingVerbosity",
                                      "--refPair",
                                      "--refit",
                                      "--refitFromOnnx",
                                      "--remoteAutoTuningConfig",
                                      "--reportCapabilityDLA",
                                      "--restricted",
                                      "--rtol",
                                      "--runtimePlatform",
                                      "--safe",
                                      "--safetyPlugins",
                                      "--saveAllDebugTensors",
                                      "--saveAllEngines",
                                      "--saveDebugTensors",
                                      "--saveEngine",
                                      "--separateProfileRun",
                                      "--serialized",
                                      "--setBuildRoute",
                                      "--setPluginsToSerialize",
                                      "--shapes",
                                      "--skipInference",
                                      "--sleepTime",
                                      "--sparsity",
                                      "--staticPlugins",
                                      "--std",
                                      "--streams",
                                      "--stripAllWeights",
                                      "--stripWeights",
                                      "--stronglyTyped",
                                      "--tacticSources",
                                      "--tempdir",
                                      "--tempfileControls",
                                      "--threads",
                                      "--tilingOptimizationLevel",
                                      "--timeDeserialize",
                                      "--timeRefit",
                                      "--timingCacheFile",
                                      "--tuneBuildRouteFile",
                                      "--tuneBuildRoutes",
                                      "--tuningCacheFile",
                                      "--tuningResultFile",
                                      "--tuningSearch",
                                      "--tuningTimeOut",
                                      "--uff",
                                      "--uffInput",
                                      "--uffNHWC",
                                      "--uint8AsymmetricQuantizationDLA",
                                      "--useCudaGraph",
                                      "--useDLACore",
                                      "--useManagedMemory",
                                      "--useProfile",
                                      "--useRuntime",
                                      "--useSpinWait",
                                      "--vc",
                                      "--verbose",
                                      "--versionCompatible",
                                      "--warmUp",
                                      "--weightStreamingBudget",
                                      "--weightless",
                                      "--workspace",
                                      "-h"};

std::string fault_of(const std::vector<std::string>& line) {
  try {
    parse_line(line);
  } catch (const UsageError& fault) { return fault.what(); }
  return "nothing was thrown";
}

TEST(Flags, LeaveOutTacticSources) {
  const auto left_out = [](const std::string& sources) {
    return parse_line({"--onnx=m.onnx", "--tacticSources=" + sources}).options.left_out_tactics;
  };
  EXPECT_THAT(left_out("-CUDNN,+CUBLAS"), ElementsAre("cuda.cudnn.", "cuda.quantized.cudnn"));
  EXPECT_THAT(left_out("-CUDNN,-CUBLAS_LT,+CUDNN"), ElementsAre("cuda.cublaslt.", "cuda.quantized.cublaslt"));
  EXPECT_THAT(left_out("-CUBLAS,-EDGE_MASK_CONVOLUTIONS,-JIT_CONVOLUTIONS,+CUBLAS_LT"), ElementsAre());
  for (const char* fault : {"CUDNN", "-CUFFT", "", "+", "-CUDNN,", "--CUDNN"})
    EXPECT_THAT(fault_of({"--onnx=m.onnx", std::string("--tacticSources=") + fault}), HasSubstr("tactic")) << fault;
}

TEST(Flags, KnowEveryFlagOfTensorRT) {
  for (const std::string_view name : known) EXPECT_NE(find_flag(name), nullptr) << name;
}

TEST(Flags, StandOnceEach) {
  std::set<std::string_view> names;
  for (const std::string_view name : flag_names()) EXPECT_TRUE(names.insert(name).second) << name;
}

TEST(Flags, EachSaysWhatItDoes) {
  for (const FlagGroup& group : flag_groups())
    for (const Flag& flag : group.flags) {
      EXPECT_FALSE(flag.text.empty()) << flag.name;
      EXPECT_TRUE(flag.effect != Effect::works or flag.set != nullptr) << flag.name << " works, but sets nothing";
    }
}

TEST(Flags, RefusedOnesNameThemselvesAndWhatToDo) {
  for (const FlagGroup& group : flag_groups())
    for (const Flag& flag : group.flags) {
      if (flag.effect != Effect::refused) continue;
      const std::string fault = fault_of({fmt::format("{}{}", flag.name, flag.value.empty() ? "" : "=x")});
      EXPECT_THAT(fault, HasSubstr(std::string(flag.name)));
      EXPECT_THAT(fault, HasSubstr(std::string(flag.text)));
    }
}

TEST(Flags, WithoutEffectAreNoted) {
  const ParsedLine line = parse_line({"--onnx=m.onnx", "--useManagedMemory", "--noTF32"});
  ASSERT_EQ(line.notes.size(), 2U);
  EXPECT_THAT(line.notes[0], HasSubstr("--useManagedMemory has no effect"));
}

}  // namespace
}  // namespace burnish::cli::trtexec
