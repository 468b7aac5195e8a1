// Flags of the model and of the build.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "cli/layer_demands.h"
#include "cli/trtexec/flag_tables.h"
#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

constexpr Effect works = Effect::works;
constexpr Effect nothing = Effect::nothing;
constexpr Effect refused = Effect::refused;
using Text = std::string_view;

constexpr Text no_caffe = "only ONNX models are read; convert the model and give --onnx=FILE";
constexpr Text explicit_batch = "an ONNX model states its batch; size a dynamic one with --shapes=NAME:DIMS";
constexpr Text no_dla = "there is no DLA";
constexpr Text no_safe = "safety-certified engines are not built; leave the flag out";
constexpr Text no_refit = "refitting is not in this version; build the engine again from the changed model";
constexpr Text no_strip = "engines without weights are not in this version";
constexpr Text always_portable = "every engine runs on other machines: there it is planned again from estimates";
constexpr Text one_runtime = "there is one runtime";
constexpr Text no_tiling = "there is no L2 tiling search";
constexpr Text no_debug_tensors = "reading intermediate tensors is not in this version";
constexpr Text no_temporaries = "no temporary executables are written";

Profile& described(Options& o) { return o.profiles.at(o.described_profile); }

void set_profile(Options& o, Text v) {
  o.described_profile = static_cast<size_t>(parse_integer(v, 0, 63));
  if (o.profiles.size() <= o.described_profile) o.profiles.resize(o.described_profile + 1);
}

void set_memory_pools(Options& o, Text v) {
  for (const auto& [pool, size] : parse_files(v)) {
    static constexpr std::array<Text, 5> known{"workspace", "dlaSRAM", "dlaLocalDRAM", "dlaGlobalDRAM", "tacticSharedMem"};
    if (std::find(known.begin(), known.end(), pool) == known.end())
      fail_usage("`{}` is no memory pool; there are workspace, dlaSRAM, dlaLocalDRAM, dlaGlobalDRAM, tacticSharedMem", pool);
    o.memory_pools.emplace_back(pool, parse_bytes(size.string()));
  }
}

/// Libraries, by TensorRT's names, and how the ids of the tactics begin that use them. All are used unless the user says otherwise.
struct TacticSource {
  Text name;
  std::array<Text, 2> tactics;
};
constexpr std::array<TacticSource, 5> tactic_sources{{{"CUDNN", {"cuda.cudnn.", "cuda.quantized.cudnn"}},
                                                      {"CUBLAS_LT", {"cuda.cublaslt.", "cuda.quantized.cublaslt"}},
                                                      {"CUBLAS", {}},                  // is not used
                                                      {"EDGE_MASK_CONVOLUTIONS", {}},  // TensorRT's own kernels, of which there
                                                      {"JIT_CONVOLUTIONS", {}}}};      // are none here

void set_tactic_sources(Options& o, Text v) {
  for (const Text entry : split(v, ',')) {
    const auto source = std::ranges::find(tactic_sources, entry.empty() ? entry : entry.substr(1), &TacticSource::name);
    if (source == tactic_sources.end() or (entry[0] != '+' and entry[0] != '-'))
      fail_usage("`{}` is no tactic source; there are +CUDNN, +CUBLAS_LT, +CUBLAS, +EDGE_MASK_CONVOLUTIONS, +JIT_CONVOLUTIONS, or - for +",
                 entry);
    for (const Text beginning : source->tactics) {
      std::erase(o.left_out_tactics, beginning);
      if (entry[0] == '-' and not beginning.empty()) o.left_out_tactics.emplace_back(beginning);
    }
  }
}

void set_verbosity(Options& o, Text v) {
  if (v == "layer_names_only" or v == "default") o.verbosity = Verbosity::names;
  else if (v == "detailed" or v == "verbose") o.verbosity = Verbosity::detailed;
  else if (v == "none") o.verbosity = Verbosity::none;
  else fail_usage("`{}` is none of layer_names_only, detailed, none", v);
}

constexpr Flag model_table[] = {
    {"--onnx", "FILE", "8-", works, "the ONNX model", [](Options& o, Text v) { o.model = v; }},
    {"--model", "FILE", "8", refused, no_caffe},
    {"--deploy", "FILE", "8", refused, no_caffe},
    {"--uff", "FILE", "8", refused, no_caffe},
    {"--uffInput", "NAME,C,H,W", "8", refused, no_caffe},
    {"--uffNHWC", "", "8", refused, no_caffe},
    {"--output", "NAMES", "8", refused, no_caffe},
    {"--batch", "N", "8", refused, explicit_batch},
    {"--maxBatch", "N", "8", refused, explicit_batch},
    {"--explicitBatch", "", "8", nothing, "it is always so"},
    {"--explicitPrecision", "", "8", nothing, "it is always so"},
};

constexpr Flag build_table[] = {
    {"--minShapes", "NAME:DIMS,...", "8-", works, "least shapes of dynamic inputs",
     [](Options& o, Text v) { described(o).min = parse_shapes(v); }},
    {"--optShapes", "NAME:DIMS,...", "8-", works, "shapes to build for; alone they stand for all three",
     [](Options& o, Text v) { described(o).opt = parse_shapes(v); }},
    {"--maxShapes", "NAME:DIMS,...", "8-", works, "largest shapes of dynamic inputs",
     [](Options& o, Text v) { described(o).max = parse_shapes(v); }},
    {"--profile", "N", "10-", works, "the shapes after it are of profile N", set_profile},
    {"--inputIOFormats", "LIST", "8-", works, "type and order of inputs: fp32:chw,fp32:hwc",
     [](Options& o, Text v) { o.input_formats = parse_list(v); }},
    {"--outputIOFormats", "LIST", "8-", works, "type and order of outputs", [](Options& o, Text v) { o.output_formats = parse_list(v); }},
    {"--memPoolSize", "POOL:SIZE,...", "8-", nothing, "kernels take the workspace they need", set_memory_pools},
    {"--workspace", "MIB", "8", nothing, "kernels take the workspace they need"},
    {"--profilingVerbosity", "HOW", "8-", works, "layer_names_only, detailed or none", set_verbosity},
    {"--nvtxMode", "HOW", "8", works, "former name of --profilingVerbosity", set_verbosity},
    {"--minTiming", "N", "8", nothing, "--avgTiming says how often a kernel is timed"},
    {"--avgTiming", "N", "8-", works, "timings averaged for each kernel",
     [](Options& o, Text v) { o.average_timing = static_cast<int>(parse_integer(v, 1, 10000)); }},
    {"--refit", "", "8-", refused, no_refit},
    {"--refitFromOnnx", "FILE", "11-", refused, no_refit},
    {"--stripWeights", "", "10-", refused, no_strip},
    {"--stripAllWeights", "", "10-", refused, no_strip},
    {"--weightless", "", "10", refused, no_strip},
    {"--versionCompatible", "", "8-", nothing, always_portable},
    {"--vc", "", "8-", nothing, always_portable},
    {"--excludeLeanRuntime", "", "8-", nothing, one_runtime},
    {"--useRuntime", "full|lean|dispatch", "8-", nothing, one_runtime},
    {"--leanDLLPath", "FILE", "8-", nothing, one_runtime},
    {"--pluginInstanceNorm", "", "10-", nothing, "InstanceNormalization is an operator of its own"},
    {"--pi", "", "10-", nothing, "InstanceNormalization is an operator of its own"},
    {"--nativeInstanceNorm", "", "8", nothing, "InstanceNormalization is an operator of its own"},
    {"--uint8AsymmetricQuantizationDLA", "", "10-", nothing, no_dla},
    {"--reportCapabilityDLA", "", "10-", nothing, no_dla},
    {"--adjustForDLA", "", "10-", nothing, no_dla},
    {"--enablePluginOverride", "", "10-", nothing, "there are no plugins in this version"},
    {"--monitorMemory", "", "10-", nothing, "`burnish inspect` tells the memory of an engine"},
    {"--sparsity", "disable|enable|force", "8-", nothing, "there are no kernels for structured sparsity"},
    {"--layerDeviceTypes", "LAYER:DEVICE,...", "8-", nothing, no_dla},
    {"--decomposableAttentions", "NAMES", "11-", nothing, "every fused node may come apart where that is faster"},
    {"--safe", "", "8-", refused, no_safe},
    {"--consistency", "", "8-", refused, no_safe},
    {"--restricted", "", "8-10", refused, no_safe},
    {"--dumpKernelText", "", "10-", refused, no_safe},
    {"--buildDLAStandalone", "", "8-", refused, no_dla},
    {"--allowGPUFallback", "", "8-", nothing, no_dla},
    {"--saveEngine", "FILE", "8-", works, "write the engine", [](Options& o, Text v) { o.save_engine = v; }},
    {"--loadEngine", "FILE", "8-", works, "open an engine instead of building one", [](Options& o, Text v) { o.load_engine = v; }},
    {"--asyncFileReader", "", "10-", nothing, "engine files are mapped, not read"},
    {"--getPlanVersionOnly", "", "8-", works, "print the version that built --loadEngine, and end",
     [](Options& o, Text) { o.plan_version_only = true; }},
    {"--tacticSources", "+NAME,-NAME", "8-", works, "libraries to take kernels from, or not: CUDNN, CUBLAS_LT", set_tactic_sources},
    {"--noBuilderCache", "", "8-", nothing, "without --timingCacheFile there is none"},
    {"--noCompilationCache", "", "10-", nothing, "nothing is compiled"},
    {"--timingCacheFile", "FILE", "8-", works, "read kernel timings from it and add new ones",
     [](Options& o, Text v) { o.timing_cache = v; }},
    {"--errorOnTimingCacheMiss", "", "10-", works, "fail where a kernel would have to be timed",
     [](Options& o, Text) { o.error_on_timing_cache_miss = true; }},
    {"--preview", "+NAME,-NAME", "8-", nothing, "there are no preview features"},
    {"--builderOptimizationLevel", "0..5", "8-", works, "effort; 0 measures nothing",
     [](Options& o, Text v) { o.optimization_level = static_cast<int>(parse_integer(v, 0, 5)); }},
    {"--maxTactics", "N", "10-", works, "kernels timed for each layer; -1: by effort",
     [](Options& o, Text v) { o.max_tactics = static_cast<int>(parse_integer(v, -1, 1000000)); }},
    {"--heuristic", "", "8", nothing, "--builderOptimizationLevel=0 builds from estimates"},
    {"--hardwareCompatibilityLevel", "LEVEL", "8-", nothing, always_portable},
    {"--runtimePlatform", "PLATFORM", "10-", nothing, always_portable},
    {"--tempdir", "FOLDER", "8-", nothing, no_temporaries},
    {"--tempfileControls", "LIST", "8-", nothing, no_temporaries},
    {"--maxAuxStreams", "N", "8-", nothing, "steps run one after another, each on all threads"},
    {"--weightStreaming", "", "10", nothing, "weights are mapped from the engine file"},
    {"--allowWeightStreaming", "", "10-", nothing, "weights are mapped from the engine file"},
    {"--markDebug", "NAMES", "10-", refused, no_debug_tensors},
    {"--markUnfusedTensorsAsDebugTensors", "", "10-", refused, no_debug_tensors},
    {"--tilingOptimizationLevel", "0..3", "10-", nothing, no_tiling},
    {"--l2LimitForTiling", "BYTES", "10-", nothing, no_tiling},
    {"--remoteAutoTuningConfig", "URL", "11-", refused, "build on the machine that runs the engine, or share its --timingCacheFile"},
    {"--cpuOnly", "", "11-", nothing, "a build never needs a GPU"},
    {"--distributiveIndependence", "", "10-", nothing, "batches never influence one another's result"},
    {"--skipInference", "", "8-", works, "build only", [](Options& o, Text) { o.skip_inference = true; }},
    {"--buildOnly", "", "8", works, "former name of --skipInference", [](Options& o, Text) { o.skip_inference = true; }},
};

constexpr Text one_calibration = "calibration uses the shapes that the engine is built for";
constexpr Text no_low_bits = "not in this version; a model whose own types are that narrow runs as it is, without a flag";

constexpr Flag precision_table[] = {
    {"--fp16", "", "8-10", works, "permit float16 as storage", [](Options& o, Text) { o.permit_f16 = true; }},
    {"--bf16", "", "10", works, "permit bfloat16 as storage", [](Options& o, Text) { o.permit_bf16 = true; }},
    {"--best", "", "8-10", works, "permit float16 and bfloat16", [](Options& o, Text) { o.permit_f16 = o.permit_bf16 = true; }},
    {"--noTF32", "", "8-", nothing, "float32 is computed in float32: TF32 is never used"},
    {"--stronglyTyped", "", "10-", nothing, "the model's types hold unless --bf16 or --fp16 permit others"},
    {"--int8", "", "8-10", works, "quantize to 8 bits, calibrated by --calib or on --loadInputs",
     [](Options& o, Text) { o.permit_int8 = true; }},
    {"--calib", "FILE", "8-10", works, "calibration cache to read; written where it does not exist",
     [](Options& o, Text v) { o.calibration = v; }},
    {"--calibProfile", "N", "8-10", nothing, one_calibration},
    {"--minShapesCalib", "NAME:DIMS,...", "8-10", nothing, one_calibration},
    {"--optShapesCalib", "NAME:DIMS,...", "8-10", nothing, one_calibration},
    {"--maxShapesCalib", "NAME:DIMS,...", "8-10", nothing, one_calibration},
    {"--fp8", "", "8-10", nothing, "quantization to float8 is part of the model, and products are made in it where the GPU can"},
    {"--int4", "", "10", refused, no_low_bits},
    {"--directIO", "", "8-", nothing,
     "inputs and outputs are used where they are; only --inputIOFormats and --outputIOFormats change their form"},
    {"--precisionConstraints", "HOW", "8-10", works,
     "none, prefer (types of layers where kernels have them, else a warning) or obey (else an error)",
     [](Options& o, Text v) { o.layers.constraints = parse_constraints(v); }},
    {"--layerPrecisions", "LAYER:TYPE,...", "8-10", works, "what layers compute in; a name may hold one *, and * alone is for all others",
     [](Options& o, Text v) { o.layers.precisions = parse_layer_types(v, false); }},
    {"--layerOutputTypes", "LAYER:TYPE,...", "8-10", works, "how results are stored; several results: TYPE+TYPE",
     [](Options& o, Text v) { o.layers.output_types = parse_layer_types(v, true); }},
};

}  // namespace

std::span<const Flag> model_flags() { return model_table; }
std::span<const Flag> build_flags() { return build_table; }
std::span<const Flag> precision_flags() { return precision_table; }

}  // namespace burnish::cli::trtexec
