#include "cli/accurate_build.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "cli/usage_error.h"

namespace burnish::cli {
namespace {

/// More are not looked at, so that they need not be read either.
constexpr int64_t enough_samples = 32;
constexpr size_t random_batches = 4;

std::vector<double> numbers(const std::string& text) {
  std::vector<double> values;
  for (const std::string& one : parse_list(text)) values.push_back(parse_number(one, -1e9, 1e9));
  if (values.size() != 1 and values.size() != 3) fail_usage("`{}` is neither one number nor three, one for each channel", text);
  return values;
}

/// "1/255" or a number.
double factor(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return parse_number(text, -1e9, 1e9);
  const double below = parse_number(std::string_view(text).substr(slash + 1), -1e9, 1e9);
  if (below == 0) fail_usage("`{}` divides by zero", text);
  return parse_number(std::string_view(text).substr(0, slash), -1e9, 1e9) / below;
}

SampleBatches batches_of(Samples samples) {
  const auto shared = std::make_shared<const Samples>(std::move(samples));
  return [shared](std::span<const TensorInfo> inputs, size_t index) { return shared->batch(inputs, index); };
}

void print_table(const std::string& report, Console& console) {
  const auto root = nlohmann::json::parse(report);
  console.info("accuracy {} on {} samples, {} of them held back from the search", root.at("accuracy").get<std::string>(),
               root.at("samples").get<size_t>(), root.at("held_back").get<size_t>());
  for (const auto& one : root.at("engines"))
    console.info("  {:<22} {:9.3f} ms  error {:.3g}{}{}", one.at("what").get<std::string>(), one.at("time_us").get<double>() / 1000,
                 one.at("error").get<double>(), one.at("holds").get<bool>() ? "" : ", too much",
                 one.at("taken").get<bool>() ? "  <- taken" : "");
}

}  // namespace

ImagePreparation image_preparation(const AccuracyArguments& arguments) {
  ImagePreparation made;
  if (not arguments.image_scale.empty()) made.scale = factor(arguments.image_scale);
  if (not arguments.image_mean.empty()) made.mean = numbers(arguments.image_mean);
  if (not arguments.image_deviation.empty()) made.deviation = numbers(arguments.image_deviation);
  for (const double one : made.deviation)
    if (one == 0) fail_usage("a deviation of 0 divides by zero");
  made.bgr = arguments.image_bgr;
  return made;
}

SampleBatches sample_batches(const AccuracyArguments& arguments) {
  if (arguments.samples.empty()) return {};
  return batches_of(Samples::of_folder(arguments.samples, static_cast<size_t>(arguments.most_samples), image_preparation(arguments)));
}

SampleBatches calibration_batches(const AccuracyArguments& arguments, FileList files) {
  if (SampleBatches folder = sample_batches(arguments)) return folder;
  return batches_of(Samples::of_files(std::move(files), random_batches));
}

Engine build_accurate(const std::filesystem::path& model, BuildConfig config, const AccuracyArguments& arguments, bool int8,
                      CalibrationRanges calibration, Console& console) {
  config.accuracy = accuracy_budget(arguments.accuracy);
  AccuracyArguments used = arguments;
  if (used.most_samples == 0) used.most_samples = enough_samples;
  config.samples = sample_batches(used);
  MixedPrecisionConfig mixed;
  mixed.build = std::move(config);
  mixed.int8 = int8;
  mixed.calibration = std::move(calibration);
  const MixedPrecision made = build_mixed(model, mixed);
  print_table(made.report, console);
  if (not arguments.report.empty()) write_file(arguments.report, made.report);
  return made.engine;
}

}  // namespace burnish::cli
