// Flags of running, reporting, the system, accuracy and tuning, and Burnish's own.
#include "cli/trtexec/flag_tables.h"
#include "cli/usage_error.h"

namespace burnish::cli::trtexec {
namespace {

constexpr Effect works = Effect::works;
constexpr Effect nothing = Effect::nothing;
constexpr Effect refused = Effect::refused;
using Text = std::string_view;

constexpr Text no_copy_engine = "transfers and kernels of one stream follow each other";
constexpr Text no_plugins = "there are no plugins in this version";
constexpr Text no_debug_tensors = "reading intermediate tensors is not in this version";
constexpr Text no_tuning = "searching over build options is not in this version; --builderOptimizationLevel and `burnish explain` are";
constexpr Text no_judging = "judging outputs is `burnish verify`'s; --exportOutput writes them";
constexpr Text own_thread = "every stream has a thread of its own";

void set_percentiles(Options& o, Text v) {
  o.percentiles.clear();
  for (const std::string& part : parse_list(v)) o.percentiles.push_back(parse_number(part, 0, 100));
}

void set_duration(Options& o, Text v) {
  o.duration_s = parse_number(v, -1, 1e7);
  if (o.duration_s < 0 and o.duration_s != -1) fail_usage("{} is no duration: seconds, or -1 to run until interrupted", v);
}

void set_streams(Options& o, Text v) { o.streams = static_cast<int>(parse_integer(v, 1, 1024)); }
void ignore_profiling(Options&, Text) {}

constexpr Flag inference_table[] = {
    {"--shapes", "NAME:DIMS,...", "8-", works, "shapes to run with, and to build for where no others are given",
     [](Options& o, Text v) { o.shapes = parse_shapes(v); }},
    {"--loadInputs", "NAME:FILE,...", "8-", works, "raw elements; other inputs are random",
     [](Options& o, Text v) { o.inputs = parse_files(v); }},
    {"--iterations", "N", "8-", works, "run at least N times (10)",
     [](Options& o, Text v) { o.iterations = parse_integer(v, 0, 1'000'000'000); }},
    {"--warmUp", "MS", "8-", works, "milliseconds before measuring (200)",
     [](Options& o, Text v) { o.warm_up_ms = parse_number(v, 0, 1e9); }},
    {"--duration", "S", "8-", works, "measure at least S seconds (3); -1: until interrupted", set_duration},
    {"--sleepTime", "MS", "8-", works, "pause between call and computation",
     [](Options& o, Text v) { o.sleep_ms = parse_number(v, 0, 1e7); }},
    {"--idleTime", "MS", "8-", works, "pause between two queries", [](Options& o, Text v) { o.idle_ms = parse_number(v, 0, 1e7); }},
    {"--infStreams", "N", "8-", works, "sessions that run at the same time (1)", set_streams},
    {"--streams", "N", "8-", works, "former name of --infStreams", set_streams},
    {"--exposeDMA", "", "8-", nothing, no_copy_engine},
    {"--noDataTransfers", "", "8-", works, "on a GPU: leave inputs and outputs where they are while measuring",
     [](Options& o, Text) { o.transfers = false; }},
    {"--includeDataTransfers", "", "11-", works, "on a GPU: copy inputs in and outputs out with every query (so without the flag, too)",
     [](Options& o, Text) { o.transfers = true; }},
    {"--useManagedMemory", "", "8-", nothing, "device memory is allocated once and plainly"},
    {"--useSpinWait", "", "8-", nothing, "a query ends when the call returns"},
    {"--noSpinWait", "", "11-", nothing, "a query ends when the call returns"},
    {"--threads", "", "8-", nothing, own_thread},
    {"--useCudaGraph", "", "8-", works, "on a GPU: launch recorded graphs (so without the flag, too)",
     [](Options& o, Text) { o.graphs = true; }},
    {"--noCudaGraph", "", "11-", works, "on a GPU: launch every kernel by itself", [](Options& o, Text) { o.graphs = false; }},
    {"--timeDeserialize", "", "8-", works, "time opening the engine, and end", [](Options& o, Text) { o.time_deserialize = true; }},
    {"--timeRefit", "", "8-", refused, "refitting is not in this version"},
    {"--separateProfileRun", "", "8-", works, "it is always so: layers are timed in a run of their own", ignore_profiling},
    {"--persistentCacheRatio", "RATIO", "8-", nothing, "a CPU's caches are not set aside"},
    {"--useProfile", "N", "10-", works, "the profile to build and run (0)",
     [](Options& o, Text v) { o.profile = static_cast<size_t>(parse_integer(v, 0, 63)); }},
    {"--allocationStrategy", "static|profile|runtime", "10-", nothing, "a session allocates its memory once"},
    {"--saveDebugTensors", "NAME:FILE,...", "10-", refused, no_debug_tensors},
    {"--saveAllDebugTensors", "FORMATS", "10-", refused, no_debug_tensors},
    {"--weightStreamingBudget", "SIZE", "10-", nothing, "weights are mapped from the engine file"},
};

constexpr Flag reporting_table[] = {
    {"--verbose", "", "8-", works, "say everything", [](Options& o, Text) { o.verbose = true; }},
    {"--avgRuns", "N", "8-", works, "queries in each line of the trace (10)",
     [](Options& o, Text v) { o.average_runs = static_cast<int>(parse_integer(v, 1, 1'000'000'000)); }},
    {"--percentile", "P,...", "8-", works, "percentiles to report (90,95,99)", set_percentiles},
    {"--dumpRefit", "", "8-", refused, "refitting is not in this version"},
    {"--dumpOutput", "", "8-", works, "print the outputs of the last query", [](Options& o, Text) { o.dump_output = true; }},
    {"--dumpRawBindingsToFile", "", "8-", works, "write inputs and outputs of the last query as raw files",
     [](Options& o, Text) { o.dump_raw_bindings = true; }},
    {"--dumpProfile", "", "8-", works, "print the time of each layer", [](Options& o, Text) { o.dump_profile = true; }},
    {"--dumpLayerInfo", "", "8-", works, "print what each layer is", [](Options& o, Text) { o.dump_layer_info = true; }},
    {"--dumpOptimizationProfile", "", "10-", works, "print the shapes the engine was built for",
     [](Options& o, Text) { o.dump_optimization_profile = true; }},
    {"--exportTimes", "FILE", "8-", works, "the times of every query as JSON", [](Options& o, Text v) { o.export_times = v; }},
    {"--exportOutput", "FILE", "8-", works, "the outputs of the last query as JSON", [](Options& o, Text v) { o.export_output = v; }},
    {"--exportProfile", "FILE", "8-", works, "the time of each layer as JSON", [](Options& o, Text v) { o.export_profile = v; }},
    {"--exportLayerInfo", "FILE", "8-", works, "what each layer is as JSON", [](Options& o, Text v) { o.export_layer_info = v; }},
};

constexpr Flag system_table[] = {
    {"--device", "N", "8-", works, "the GPU to use, counted from 0", [](Options& o, Text v) { o.device = parse_integer(v, 0, 1023); }},
    {"--useDLACore", "N", "8-", refused, "there is no DLA"},
    {"--plugins", "FILE", "8-", refused, no_plugins},
    {"--staticPlugins", "FILE", "8-", refused, no_plugins},
    {"--dynamicPlugins", "FILE", "8-", refused, no_plugins},
    {"--setPluginsToSerialize", "FILE", "8-", refused, no_plugins},
    {"--safetyPlugins", "FILE", "11-", refused, no_plugins},
    {"--ignoreParsedPluginLibs", "", "8-", nothing, no_plugins},
    {"--help", "", "8-", works, "print this", [](Options& o, Text) { o.help = true; }},
    {"-h", "", "8-", works, "print this", [](Options& o, Text) { o.help = true; }},
};

constexpr Flag accuracy_table[] = {
    {"--loadRefOutputs", "NAME:FILE,...", "11.1-", refused, no_judging},
    {"--refPair", "N", "11.1-", refused, no_judging},
    {"--accuracyAlgorithm", "HOW", "11.1-", refused, no_judging},
    {"--accuracyThreshold", "X", "11.1-", refused, no_judging},
    {"--atol", "X", "11.1-", refused, no_judging},
    {"--rtol", "X", "11.1-", refused, no_judging},
};

constexpr Flag tuning_table[] = {
    {"--setBuildRoute", "ROUTE", "11.1-", refused, no_tuning},
    {"--tuneBuildRoutes", "EXPRESSION", "11.1-", refused, no_tuning},
    {"--tuneBuildRouteFile", "FILE", "11.1-", refused, no_tuning},
    {"--tuningSearch", "fast|full|mixed", "11.1-", refused, no_tuning},
    {"--tuningCacheFile", "FILE", "11.1-", refused, no_tuning},
    {"--tuningResultFile", "FILE", "11.1-", refused, no_tuning},
    {"--tuningTimeOut", "S", "11.1-", refused, no_tuning},
    {"--continue", "", "11.1-", refused, no_tuning},
    {"--saveAllEngines", "", "11.1-", refused, no_tuning},
    {"--dryRun", "", "11.1-", refused, no_tuning},
    {"--helpBuildRoute", "", "11.1-", refused, "`burnish knobs` lists what can be set"},
    {"--std", "", "11.1-", refused, "the safe builder's flags are not known here"},
    {"--serialized", "", "11.1-", refused, "the safe builder's flags are not known here"},
};

constexpr Flag own_table[] = {
    {"--backend", "NAME", "", works, "cpu, or ref for the reference evaluations; `burnish devices` lists them",
     [](Options& o, Text v) { o.backend = v; }},
    {"--cpuThreads", "N", "", works, "threads to build for and run with; 0: all cores",
     [](Options& o, Text v) { o.threads = static_cast<int>(parse_integer(v, 0, 4096)); }},
    {"--minCosine", "X", "", works, "how near permitted types must keep the outputs to exact ones, on sample data; 0: not looked at",
     [](Options& o, Text v) { o.min_cosine = parse_number(v, 0, 1); }},
    {"--accuracy", "MEASURE:BOUND", "", works, "build the fastest engine that keeps it: cos:0.999, max:1e-2 or top1:0.99, on --samples",
     [](Options& o, Text v) { o.accuracy.accuracy = v; }},
    {"--accuracyReport", "FILE", "", works, "write what was tried for it, as JSON", [](Options& o, Text v) { o.accuracy.report = v; }},
    {"--samples", "FOLDER", "", works, "sample inputs for --accuracy and --int8: pictures, .npy, .npz or raw files",
     [](Options& o, Text v) { o.accuracy.samples = v; }},
    {"--imageScale", "X", "", works, "what pixels of samples are multiplied by; 1/255",
     [](Options& o, Text v) { o.accuracy.image_scale = v; }},
    {"--imageMean", "R,G,B", "", works, "what is then subtracted", [](Options& o, Text v) { o.accuracy.image_mean = v; }},
    {"--imageStd", "R,G,B", "", works, "what is then divided by", [](Options& o, Text v) { o.accuracy.image_deviation = v; }},
    {"--imageBgr", "", "", works, "channels of samples in the order blue, green, red",
     [](Options& o, Text) { o.accuracy.image_bgr = true; }},
    {"--choices", "FILE", "", works, "use the kernels this file names, and measure nothing", [](Options& o, Text v) { o.choices = v; }},
    {"--saveChoices", "FILE", "", works, "write which kernel was chosen where", [](Options& o, Text v) { o.save_choices = v; }},
    {"--exportReport", "FILE", "", works, "write the build report as JSON; `burnish explain` reads it",
     [](Options& o, Text v) { o.export_report = v; }},
};

}  // namespace

std::span<const Flag> inference_flags() { return inference_table; }
std::span<const Flag> reporting_flags() { return reporting_table; }
std::span<const Flag> system_flags() { return system_table; }
std::span<const Flag> accuracy_flags() { return accuracy_table; }
std::span<const Flag> tuning_flags() { return tuning_table; }
std::span<const Flag> own_flags() { return own_table; }

}  // namespace burnish::cli::trtexec
