// Repeats what was asked for, section by section, so that a log says by itself what it measured.
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/trtexec/stages.h"
#include "tactics/registry.h"

namespace burnish::cli::trtexec {
namespace {

std::string_view on(bool enabled) { return enabled ? "Enabled" : "Disabled"; }

std::string shapes_text(const ShapeList& shapes) {
  std::string text;
  for (const auto& [name, dims] : shapes) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, text_of(dims));
  return text.empty() ? "model" : text;
}

std::string formats_text(const std::vector<std::string>& formats) {
  return formats.empty() ? "model" : fmt::format("{}", fmt::join(formats, ","));
}

std::string precision_text(const Options& o) {
  return fmt::format("FP32{}{}{}", o.permit_f16 ? "+FP16" : "", o.permit_bf16 ? "+BF16" : "", o.permit_int8 ? "+INT8" : "");
}

std::string_view verbosity_text(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::names: return "layer_names_only";
    case Verbosity::detailed: return "detailed";
    case Verbosity::none: return "none";
  }
  return "";
}

void echo_build(const Options& o, Console& console) {
  console.info("=== Build Options ===");
  console.info("Backend: {}", o.backend);
  console.info("CPU threads: {}", o.threads == 0 ? fmt::format("{} (all cores)", available_cores()) : std::to_string(o.threads));
  console.info("Precision: {}", precision_text(o));
  console.info("builderOptimizationLevel: {}", o.optimization_level);
  console.info("avgTiming: {}", o.average_timing);
  console.info("maxTactics: {}", o.max_tactics);
  console.info("timingCacheFile: {}", o.timing_cache.string());
  console.info("errorOnTimingCacheMiss: {}", on(o.error_on_timing_cache_miss));
  console.info("choices: {}", o.choices.string());
  console.info("profilingVerbosity: {}", verbosity_text(o.verbosity));
  console.info("Save engine: {}", o.save_engine.string());
  console.info("Load engine: {}", o.load_engine.string());
  console.info("Input(s) format: {}", formats_text(o.input_formats));
  console.info("Output(s) format: {}", formats_text(o.output_formats));
  for (size_t i = 0; i < o.profiles.size(); ++i)
    console.info("Input build shapes (profile {}): min {}; opt {}; max {}", i, shapes_text(o.profiles[i].min),
                 shapes_text(o.profiles[i].opt), shapes_text(o.profiles[i].max));
}

void echo_inference(const Options& o, Console& console) {
  console.info("=== Inference Options ===");
  console.info("Batch: Explicit");
  console.info("Input inference shapes: {}", shapes_text(o.shapes));
  console.info("Iterations: {}", o.iterations);
  console.info("Duration: {}s (+ {:g}ms warm up)", o.duration_s < 0 ? "until interrupted, " : fmt::format("{:g}", o.duration_s),
               o.warm_up_ms);
  console.info("Sleep time: {:g}ms", o.sleep_ms);
  console.info("Idle time: {:g}ms", o.idle_ms);
  console.info("Inference Streams: {}", o.streams);
  console.info("Skip inference: {}", on(o.skip_inference));
  console.info("Time Deserialize: {}", on(o.time_deserialize));
  for (const auto& [name, file] : o.inputs) console.info("Input: {} from {}", name, file.string());
}

void echo_reporting(const Options& o, Console& console) {
  console.info("=== Reporting Options ===");
  console.info("Verbose: {}", on(o.verbose));
  console.info("Averages: {} inferences", o.average_runs);
  console.info("Percentiles: {}", fmt::join(o.percentiles, ","));
  console.info("Dump output: {}", on(o.dump_output));
  console.info("Profile: {}", on(o.dump_profile));
  console.info("Export timing to JSON file: {}", o.export_times.string());
  console.info("Export output to JSON file: {}", o.export_output.string());
  console.info("Export profile to JSON file: {}", o.export_profile.string());
}

}  // namespace

void echo_options(const Options& o, Console& console) {
  console.info("=== Model Options ===");
  console.info("Format: {}", o.model.empty() ? "*" : "ONNX");
  console.info("Model: {}", o.model.string());
  echo_build(o, console);
  echo_inference(o, console);
  echo_reporting(o, console);
}

void print_device(const Options& options, Console& console) {
  std::vector<std::string_view> names;
  for (const tactics::Backend* backend : tactics::registry().backends()) names.push_back(backend->name());
  const tactics::Backend* backend = tactics::registry().find_backend(options.backend);
  if (backend == nullptr) fail("there is no backend `{}` in this build; there are {}", options.backend, fmt::join(names, ", "));
  if (const std::string reason = backend->unavailable(); not reason.empty())
    fail_unsupported("the backend `{}` is unavailable: {}", options.backend, reason);
  if (options.device > 0 and backend->device() == nullptr)
    fail_unsupported("--device={}: there is no such GPU that can be used, and the backend `{}` has none; leave the flag out",
                     options.device, options.backend);
  console.info("=== Device Information ===");
  console.info("Available Devices: {}", fmt::join(names, ", "));
  console.info("Selected Device: {}", backend->name());
  for (const auto& [what, value] : backend->description()) console.info("{}: {}", what, value);
}

}  // namespace burnish::cli::trtexec
