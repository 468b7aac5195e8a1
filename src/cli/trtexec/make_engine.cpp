// Builds or loads the engine of a run, and writes the files a build leaves.
#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "burnish/quantize.h"
#include "cli/layer_info.h"
#include "cli/progress_bar.h"
#include "cli/trtexec/int8_build.h"
#include "cli/trtexec/stages.h"
#include "engine/engine_data.h"
#include "tactics/registry.h"

namespace burnish::cli::trtexec {
namespace {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

double mebibytes(size_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

/// Translates the stages of a build into trtexec's lines and a bar.
class StageLines {
 public:
  StageLines(Console& console, ProgressBar& bar) : console_(console), bar_(bar) {}

  void tell(std::string_view stage, size_t done, size_t total) {
    bar_.show(stage, done, total);
    if (total != 1) return;
    if (done == 0) watch_ = {};
    if (stage == "import" and done == 0) say("Start parsing network model.");
    else if (stage == "import") say(fmt::format("Finished parsing network model. Parse time: {:.6g}", watch_.seconds()));
    else if (done == 1 and console_.verbose()) say(fmt::format("Stage {} took {:.6g} s", stage, watch_.seconds()));
  }

 private:
  void say(const std::string& line) {
    bar_.clear();
    console_.info("{}", line);
  }

  Console& console_;
  ProgressBar& bar_;
  Stopwatch watch_;
};

BuildConfig build_config(const Options& o) {
  BuildConfig config;
  config.backend = o.backend;
  config.threads = o.threads;
  config.default_dimension = 1;
  if (o.permit_f16) config.permitted.push_back(DType::f16);
  if (o.permit_bf16) config.permitted.push_back(DType::bf16);
  config.min_cosine = o.min_cosine;
  config.layers = o.layers;
  config.optimization_level = o.optimization_level;
  config.average_timing = o.average_timing;
  config.max_tactics = o.max_tactics;
  config.timing_cache = o.timing_cache;
  config.error_on_timing_cache_miss = o.error_on_timing_cache_miss;
  config.left_out_tactics = o.left_out_tactics;
  if (not o.choices.empty()) config.choices = read_text(o.choices);
  std::vector<std::string> names = shaped_names(o);
  const bool patterns =
      std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.find('*') != std::string::npos; });
  if (patterns or not o.input_formats.empty() or not o.output_formats.empty()) {
    const ModelInterface model = read_interface(o.model, o.shapes.empty() ? o.profiles.at(o.profile).opt : o.shapes);
    names.clear();
    for (const Port& input : model.inputs) names.push_back(input.name);
    config.io_formats = io_formats(o, model);
  }
  config.shapes = build_shapes(o, o.profiles.at(o.profile), names);
  for (size_t i = 0; i < o.profiles.size(); ++i)
    if (i != o.profile) config.more_profiles.push_back(build_shapes(o, o.profiles[i], names));
  return config;
}

bool stores(const Engine& engine, DType dtype) {
  if (engine.data().plans.empty()) return true;  // nobody knows yet
  for (const plan::TensorSlot& tensor : engine.data().plans.front().tensors)
    if (tensor.format.storage == dtype and tensor.dtype != dtype) return true;
  return false;
}

void note_unasked_types(const Options& o, Console& console) {
  if (o.layers.constraints == PrecisionConstraints::none and not(o.layers.precisions.empty() and o.layers.output_types.empty()))
    console.warning("--layerPrecisions and --layerOutputTypes ask for nothing without --precisionConstraints=prefer or obey");
}

/// A permission that changed nothing is worth a word: the user expected it to.
void note_permissions(const Options& o, const Engine& engine, Console& console) {
  for (const auto& [permitted, dtype, name] :
       {std::tuple{o.permit_f16, DType::f16, "float16"}, std::tuple{o.permit_bf16, DType::bf16, "bfloat16"}})
    if (permitted and not stores(engine, dtype))
      console.warning("{} is permitted, but no layer gains from it on this machine: none is stored so", name);
}

/// The model as it is, or quantized where --int8 asks for it.
Engine build_model(const Options& o, const BuildConfig& config, Console& console) {
  if (not o.accuracy.accuracy.empty()) {
    const bool has_cache = not o.calibration.empty() and std::filesystem::exists(o.calibration);
    CalibrationRanges known = has_cache ? read_calibration_cache(read_text(o.calibration)) : CalibrationRanges();
    return build_accurate(o.model, config, o.accuracy, o.permit_int8, std::move(known), console);
  }
  if (not o.permit_int8) {
    BuildConfig judged = config;
    judged.samples = sample_batches(o.accuracy);
    return build(o.model, judged);
  }
  if (is_quantized(o.model)) {
    console.info("The model is quantized already: --int8 and --calib change nothing.");
    return build(o.model, config);
  }
  return build_int8(o, config, console);
}

Engine build_engine(const Options& o, Console& console) {
  const Stopwatch watch;
  BuildConfig config = build_config(o);
  ProgressBar bar;
  StageLines lines(console, bar);
  config.progress = [&](std::string_view stage, size_t done, size_t total) {
    lines.tell(stage, done, total);
    return true;
  };
  config.logger = [&](Severity severity, std::string_view message) {
    bar.clear();
    console.say(severity, message);
  };
  Engine engine = build_model(o, config, console);
  bar.clear();
  console.info("Engine built in {:.6g} sec.", watch.seconds());
  note_permissions(o, engine, console);
  note_unasked_types(o, console);
  if (not o.save_engine.empty()) {
    engine.save(o.save_engine);
    console.info("Created engine with size: {:.6g} MiB", mebibytes(std::filesystem::file_size(o.save_engine)));
  }
  return engine;
}

Engine load_engine(const Options& o, Console& console) {
  const Stopwatch watch;
  OpenConfig config;
  config.threads = o.threads;
  config.logger = console.logger();
  Engine engine = Engine::open(o.load_engine, config);
  console.info("Engine deserialized in {:.6g} sec.", watch.seconds());
  console.info("Loaded engine with size: {:.6g} MiB", mebibytes(std::filesystem::file_size(o.load_engine)));
  return engine;
}

}  // namespace

Engine make_engine(const Options& o, Console& console) {
  Engine engine = o.load_engine.empty() ? build_engine(o, console) : load_engine(o, console);
  if (not o.load_engine.empty() and not o.save_engine.empty()) engine.save(o.save_engine);
  if (not o.save_choices.empty()) write_file(o.save_choices, engine.choices());
  if (not o.export_report.empty()) write_file(o.export_report, engine.report());
  check_shapes(engine, o.shapes);
  console.info("Session memory: {:.6g} MiB (no plan could need less than {:.6g} MiB)", mebibytes(engine.arena_bytes()),
               mebibytes(engine.arena_lower_bound()));
  const bool detailed = o.verbosity == Verbosity::detailed;
  if (o.dump_layer_info) console.info("Layer Information:\n{}", layer_info_json(engine, detailed));
  if (not o.export_layer_info.empty()) write_file(o.export_layer_info, layer_info_json(engine, detailed) + "\n");
  return engine;
}

}  // namespace burnish::cli::trtexec
