// Engines are told from models by their first bytes, never by the file's name.
#include "cli/commands/model_source.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "cli/layer_demands.h"
#include "cli/model_interface.h"
#include "engine/header.h"

namespace burnish::cli::commands {

void add_build_options(Command& command, BuildArguments& arguments) {
  command.option("-s,--shapes", &arguments.shapes, "sizes of dynamic inputs: input:1x3x224x224; * stands for any name",
                 {.type = "NAME:DIMS"});
  command.option("--backend", &arguments.backend, "what to build for; `burnish devices` lists them", {.shows_default = true});
  command.option("--threads", &arguments.threads, "threads to build for and run with; 0: all cores",
                 {.shows_default = true, .range = {{0, 4096}}});
  command.flag("--bf16", arguments.bf16, "permit bfloat16 as storage");
  command.flag("--fp16", arguments.f16, "permit float16 as storage");
  command.option("--min-cosine", &arguments.min_cosine, "how near permitted types must keep the outputs to exact ones; 0: not looked at",
                 {.shows_default = true, .range = {{0, 1}}});
  command.option(
      "--accuracy", &arguments.accuracy.accuracy,
      "what the outputs keep: cos:0.999, max:1e-2 or top1:0.99, on --samples; the fastest engine that does is built, or layers are "
      "left floating where a model is quantized",
      {.type = "MEASURE:BOUND"});
  command.flag("--int8", arguments.int8, "permit quantization to 8 bits, layer by layer", "--accuracy");
  command.option("--accuracy-report", &arguments.accuracy.report, "write what was tried, as JSON", {.type = "FILE"});
  command.option("--layer-precisions", &arguments.layer_precisions, "what layers compute in: conv1:fp32,*:bf16; a name may hold one *",
                 {.type = "LAYER:TYPE"});
  command.option("--layer-output-types", &arguments.layer_output_types, "how layers' results are stored", {.type = "LAYER:TYPE"});
  command.option("--precision-constraints", &arguments.precision_constraints, "what if no kernel has such a type: a warning, or an error",
                 {.shows_default = true, .among = {"none", "prefer", "obey"}});
  command.option("--level", &arguments.level, "search effort, 0 to 5; 0 measures nothing", {.shows_default = true, .range = {{0, 5}}});
  command.option("--timing-cache", &arguments.timing_cache, "read kernel timings from it and add new ones", {.type = "FILE"});
  command.option("--choices", &arguments.choices, "use the kernels this file names, and measure nothing", {.type = "FILE"});
  command.flag("-v,--verbose", arguments.verbose, "say everything");
}

ShapeList shapes_of(const BuildArguments& arguments) {
  ShapeList shapes;
  for (const std::string& text : arguments.shapes)
    for (auto& shape : parse_shapes(text)) shapes.push_back(std::move(shape));
  return shapes;
}

LayerDemands layer_demands(const BuildArguments& arguments) {
  LayerDemands demands;
  demands.constraints = parse_constraints(arguments.precision_constraints);
  const auto take = [](const std::vector<std::string>& texts, bool several, std::vector<LayerTypes>& entries) {
    for (const std::string& text : texts)
      for (LayerTypes& entry : parse_layer_types(text, several)) entries.push_back(std::move(entry));
  };
  take(arguments.layer_precisions, false, demands.precisions);
  take(arguments.layer_output_types, true, demands.output_types);
  return demands;
}

BuildConfig build_config(const BuildArguments& arguments, const std::filesystem::path& model) {
  BuildConfig config;
  config.backend = arguments.backend;
  config.threads = arguments.threads;
  config.default_dimension = 1;
  if (arguments.f16) config.permitted.push_back(DType::f16);
  if (arguments.bf16) config.permitted.push_back(DType::bf16);
  config.min_cosine = arguments.min_cosine;
  config.layers = layer_demands(arguments);
  config.optimization_level = arguments.level;
  config.timing_cache = arguments.timing_cache;
  if (not arguments.choices.empty()) config.choices = read_text(arguments.choices);
  const ShapeList shapes = shapes_of(arguments);
  for (const auto& [name, dims] : shapes)
    if (name.find('*') == std::string::npos) config.shapes[name] = {dims, dims, dims};
  if (not has_pattern(shapes)) return config;
  for (const Port& input : read_interface(model, shapes).inputs)
    if (const Dims* dims = find_shape(shapes, input.name)) config.shapes[input.name] = {*dims, *dims, *dims};
  return config;
}

void add_sample_options(Command& command, AccuracyArguments& arguments) {
  command.option("--samples", &arguments.samples, "folder of sample inputs: pictures, .npy, .npz or raw files", {.type = "FOLDER"});
  command.option("--image-scale", &arguments.image_scale, "what pixels are multiplied by; 1/255", {.type = "X"});
  command.option("--image-mean", &arguments.image_mean, "what is then subtracted: one number, or one for each channel", {.type = "R,G,B"});
  command.option("--image-std", &arguments.image_deviation, "what is then divided by", {.type = "R,G,B"});
  command.flag("--image-bgr", arguments.image_bgr, "channels in the order blue, green, red");
}

bool is_engine_file(const std::filesystem::path& path) {
  const MappedFile file(path);
  return file.bytes().size() >= engine::magic.size() and std::memcmp(file.bytes().data(), engine::magic.data(), engine::magic.size()) == 0;
}

void listen(BuildConfig& config, ProgressBar& bar, Console& console) {
  config.progress = [&bar](std::string_view stage, size_t done, size_t total) {
    bar.show(stage, done, total);
    return true;
  };
  config.logger = [&bar, &console](Severity severity, std::string_view message) {
    if (severity == Severity::info and not console.verbose()) return;
    bar.clear();
    console.say(severity, message);
  };
}

Engine build_with_bar(const std::filesystem::path& model, BuildConfig config, Console& console) {
  ProgressBar bar;
  listen(config, bar, console);
  return build(model, config);
}

Engine build_as_asked(const std::filesystem::path& model, BuildConfig config, const BuildArguments& arguments, Console& console) {
  if (arguments.accuracy.accuracy.empty()) {
    config.samples = sample_batches(arguments.accuracy);
    return build_with_bar(model, std::move(config), console);
  }
  ProgressBar bar;
  listen(config, bar, console);
  return build_accurate(model, std::move(config), arguments.accuracy, arguments.int8, {}, console);
}

Engine open_or_build(const std::filesystem::path& path, const BuildArguments& arguments, Console& console) {
  console.set_verbose(arguments.verbose);
  if (not is_engine_file(path)) return build_as_asked(path, build_config(arguments, path), arguments, console);
  OpenConfig config;
  config.threads = arguments.threads;
  config.logger = console.logger();
  return Engine::open(path, config);
}

}  // namespace burnish::cli::commands
