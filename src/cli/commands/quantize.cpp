// burnish quantize: a float model and sample inputs to the same model with explicit 8-bit quantization.
#include "burnish/quantize.h"

#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/output_files.h"
#include "cli/samples.h"
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
  BuildArguments build;
};

constexpr size_t random_batches = 4;

CalibrationRanges calibrated(const Arguments& arguments, Console& console) {
  if (not arguments.read_cache.empty()) return read_calibration_cache(read_text(arguments.read_cache));
  if (arguments.build.accuracy.samples.empty())
    console.warning("no sample inputs: the ranges come from random data, and the model's accuracy will suffer. Give --samples=FOLDER");
  AccuracyArguments accuracy = arguments.build.accuracy;
  accuracy.most_samples = arguments.batches;
  const Samples random = Samples::of_files({}, random_batches);
  CalibrationConfig config;
  config.method = arguments.method;
  config.percentile = arguments.percentile;
  config.batches = sample_batches(accuracy);
  if (not config.batches) config.batches = [&](std::span<const TensorInfo> inputs, size_t batch) { return random.batch(inputs, batch); };
  config.build = build_config(arguments.build, arguments.model);
  ProgressBar bar;
  config.build.progress = [&](std::string_view stage, size_t done, size_t total) {
    bar.show(stage, done, total);
    return true;
  };
  config.build.logger = [&](Severity severity, std::string_view message) {
    if (severity == Severity::info and not console.verbose()) return;
    bar.clear();
    console.say(severity, message);
  };
  return calibrate(arguments.model, config);
}

void run_quantize(const Arguments& arguments, Console& console) {
  console.set_verbose(arguments.build.verbose);
  if (arguments.output.empty()) fail_usage("where to? give -o FILE");
  check_outputs({arguments.model, arguments.read_cache}, {arguments.output, arguments.write_cache});
  const CalibrationRanges ranges = calibrated(arguments, console);
  if (not arguments.write_cache.empty()) write_file(arguments.write_cache, calibration_cache(ranges, arguments.method));
  const QuantizeConfig config{.activations = arguments.activations == "u8" ? DType::u8 : DType::i8,
                              .per_channel = not arguments.per_tensor};
  const std::string model = quantize(arguments.model, ranges, config);
  write_file(arguments.output, model);
  console.info("{}: {} tensors quantized to {}, {:.1f} MiB", arguments.output.string(), ranges.size(), arguments.activations,
               static_cast<double>(model.size()) / 1048576.0);
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
  command.option("--read-cache", &arguments->read_cache, "take the ranges from this calibration cache", {.type = "FILE"});
  command.option("--write-cache", &arguments->write_cache, "write the ranges, in the format of TensorRT's calibration caches",
                 {.type = "FILE"});
  add_build_options(command, arguments->build);
  command.does([arguments, &console] { run_quantize(*arguments, console); });
}

}  // namespace burnish::cli::commands
