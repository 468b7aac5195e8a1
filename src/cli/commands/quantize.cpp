// burnish quantize: a float model and sample inputs to the same model with explicit 8-bit quantization.
#include <cmath>
#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "burnish/tune_quantization.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/output_files.h"
#include "cli/usage_error.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path model;
  std::filesystem::path output;
  std::filesystem::path read_cache;
  std::filesystem::path write_cache;
  std::string method = "entropy";
  std::string activations = "u8";
  double percentile = CalibrationConfig{}.percentile;
  int64_t batches = 0;
  bool per_tensor = false;
  bool equalizes = false;
  bool smooths = false;
  bool corrects_biases = false;
  BuildArguments build;

  bool tunes() const { return equalizes or smooths or corrects_biases or not build.accuracy.accuracy.empty(); }
};

SampleBatches batches_of(const Arguments& arguments, Console& console) {
  AccuracyArguments accuracy = arguments.build.accuracy;
  accuracy.most_samples = arguments.batches;
  if (accuracy.samples.empty())
    console.warning("no sample inputs: the ranges come from random data, and the model's accuracy will suffer. Give --samples=FOLDER");
  return calibration_batches(accuracy, {});
}

QuantizeConfig quantize_config(const Arguments& arguments) {
  return {.activations = arguments.activations == "u8" ? DType::u8 : DType::i8, .per_channel = not arguments.per_tensor};
}

CalibrationConfig calibration_config(const Arguments& arguments, ProgressBar& bar, Console& console) {
  CalibrationConfig config;
  config.method = arguments.method;
  config.percentile = arguments.percentile;
  config.batches = batches_of(arguments, console);
  config.build = build_config(arguments.build, arguments.model);
  listen(config.build, bar, console);
  return config;
}

CalibrationRanges known_ranges(const Arguments& arguments) {
  return arguments.read_cache.empty() ? CalibrationRanges() : read_calibration_cache(read_text(arguments.read_cache));
}

TunedQuantization plainly_quantized(const Arguments& arguments, Console& console) {
  TunedQuantization made{.model = {}, .ranges = known_ranges(arguments), .report = {}};
  ProgressBar bar;
  if (arguments.read_cache.empty()) made.ranges = calibrate(arguments.model, calibration_config(arguments, bar, console));
  made.model = quantize(arguments.model, made.ranges, quantize_config(arguments));
  return made;
}

/// Of noise: 20 dB is a hundredth of the signal's square.
double decibels(double noise) { return noise > 0 ? -10 * std::log10(noise) : 200; }

void say_steps(const std::string& report, Console& console) {
  const auto root = nlohmann::json::parse(report);
  for (const auto& step : root.at("steps"))
    console.info("  {:<50} {:5.1f} dB{}", step.at("what").get<std::string>(), decibels(step.at("error").get<double>()),
                 step.at("kept").get<bool>() ? "" : ", not kept");
  console.info("  {} layers quantized, {} floating; judged on {} of {} samples", root.at("layers_quantized").size(),
               root.at("layers_floating").size(), root.at("held_back").get<size_t>(), root.at("samples").get<size_t>());
}

TunedQuantization tuned(const Arguments& arguments, Console& console) {
  const AccuracyArguments& accuracy = arguments.build.accuracy;
  if (accuracy.samples.empty())
    fail_usage("what --accuracy, --equalize, --smooth and --correct-bias do is judged on samples: give --samples=FOLDER");
  ProgressBar bar;
  TuneConfig config{.calibration = calibration_config(arguments, bar, console),
                    .quantize = quantize_config(arguments),
                    .ranges = known_ranges(arguments),
                    .equalizes = arguments.equalizes,
                    .smooths = arguments.smooths,
                    .corrects_biases = arguments.corrects_biases};
  if (not accuracy.accuracy.empty()) config.accuracy = accuracy_budget(accuracy.accuracy);
  TunedQuantization made = tune_quantization(arguments.model, config);
  bar.clear();
  say_steps(made.report, console);
  if (not accuracy.report.empty()) write_file(accuracy.report, made.report);
  return made;
}

void run_quantize(const Arguments& arguments, Console& console) {
  console.set_verbose(arguments.build.verbose);
  if (arguments.output.empty()) fail_usage("where to? give -o FILE");
  check_outputs({arguments.model, arguments.read_cache}, {arguments.output, arguments.write_cache, arguments.build.accuracy.report});
  const TunedQuantization made = arguments.tunes() ? tuned(arguments, console) : plainly_quantized(arguments, console);
  if (not arguments.write_cache.empty()) write_file(arguments.write_cache, calibration_cache(made.ranges, arguments.method));
  write_file(arguments.output, made.model);
  console.info("{}: {} tensors quantized to {}, {:.1f} MiB", arguments.output.string(), made.ranges.size(), arguments.activations,
               static_cast<double>(made.model.size()) / 1048576.0);
}

}  // namespace

void add_quantize(Command& app, Console& console) {
  Command command = app.add("quantize", "Calibrate a model and write it back with 8-bit quantization");
  command.footer(
      "Example: burnish quantize model.onnx -o model.int8.onnx --samples images/\nSamples are pictures, .npy, .npz or raw files, one or "
      "more batches each; a "
      "network of several inputs takes a folder for each, of its name.");
  const auto arguments = std::make_shared<Arguments>();
  command.option("model", &arguments->model, "ONNX file", {.type = "MODEL", .required = true});
  command.option("-o,--output", &arguments->output, "ONNX file to write", {.type = "FILE"});
  add_sample_options(command, arguments->build.accuracy);
  command.option("--batches", &arguments->batches, "how many batches to use at most; 0: all",
                 {.shows_default = true, .range = {{0, 1000000}}});
  command.option("--method", &arguments->method, "how ranges are chosen",
                 {.shows_default = true, .among = {"auto", "entropy", "minmax", "percentile", "mse"}});
  command.option("--percentile", &arguments->percentile, "of the magnitudes, for --method=percentile",
                 {.shows_default = true, .range = {{50, 100}}});
  command.option("--activations", &arguments->activations, "u8: any zero point; i8: symmetric",
                 {.shows_default = true, .among = {"u8", "i8"}});
  command.flag("--per-tensor", arguments->per_tensor, "weights with one scale for each tensor, not for each channel");
  command.flag("--equalize", arguments->equalizes,
               "try channels between products scaled alike, and keep that where it is better on samples held back");
  command.flag("--smooth", arguments->smooths, "the same behind normalizations: what is hard to express moves into the weights");
  command.flag("--correct-bias", arguments->corrects_biases,
               "try biases that make up for what quantization shifts, and keep those that are better on samples held back");
  command.option("--read-cache", &arguments->read_cache, "take the ranges from this calibration cache", {.type = "FILE"});
  command.option("--write-cache", &arguments->write_cache, "write the ranges, in the format of TensorRT's calibration caches",
                 {.type = "FILE"});
  add_build_options(command, arguments->build);
  command.does([arguments, &console] { run_quantize(*arguments, console); });
}

}  // namespace burnish::cli::commands
