#include "cli/trtexec/int8_build.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/file.h"
#include "base/scratch_file.h"
#include "burnish/quantize.h"
#include "cli/accurate_build.h"
#include "tactics/registry.h"

namespace burnish::cli::trtexec {
namespace {

using nlohmann::json;

/// From the cache where there is one; else measured on the inputs of the command line, or on random ones.
CalibrationRanges calibrated(const Options& o, const BuildConfig& build_config, Console& console) {
  if (not o.calibration.empty() and std::filesystem::exists(o.calibration)) return read_calibration_cache(read_text(o.calibration));
  if (o.inputs.empty() and o.accuracy.samples.empty())
    console.warning(
        "NO CALIBRATION DATA: the ranges of --int8 come from random inputs, and the network's accuracy will suffer. Give a cache by "
        "--calib=FILE, or real inputs by --samples or --loadInputs");
  CalibrationConfig config;
  config.build = build_config;
  config.batches = calibration_batches(o.accuracy, o.inputs);
  CalibrationRanges ranges = calibrate(o.model, config);
  if (not o.calibration.empty()) write_file(o.calibration, calibration_cache(ranges, config.method));
  return ranges;
}

std::optional<json> read_report(std::string_view text) {
  json report = json::parse(text, nullptr, false);
  if (not report.is_object() or not report.contains("assignment") or not report.contains("nodes")) return {};
  return report;
}

/// What the build expects one query to take; nothing where sizes are open.
std::optional<double> expected_us(const Engine& engine) {
  const std::optional<json> report = read_report(engine.report());
  if (not report) return {};
  return report->at("assignment").value("cost_us", 0.0);
}

/// Microseconds of the node that each layer became a part of.
std::map<std::string, double, std::less<>> us_by_layer(const json& report) {
  std::map<std::string, double, std::less<>> us;
  for (const json& node : report.at("nodes"))
    for (const json& layer : node.at("origin")) us[layer.get<std::string>()] += node.value("cost_us", 0.0);
  return us;
}

class Int8Build {
 public:
  Int8Build(const Options& o, const BuildConfig& config, Console& console) : o_(o), config_(config), console_(console) {
    // Builds share their timings. Of devices alone: a processor multiplies bytes faster than anything else, and guards its halves at length.
    const tactics::Backend* backend = tactics::registry().find_backend(o.backend);
    compares_ = not config.permitted.empty() and backend != nullptr and backend->device() != nullptr;
    if (compares_ and config_.timing_cache.empty()) config_.timing_cache = scratch_.path();
  }

  Engine run() {
    ranges_ = calibrated(o_, config_, console_);
    Engine best = quantized({});
    std::optional<double> us = expected_us(best);
    if (not us or not compares_) return best;
    const Engine plain = build(o_.model, config_);
    const double with = *us, without = expected_us(plain).value_or(with);
    if (const auto slow = layers_without_gain(best.report(), plain.report()); not slow.empty()) {
      Engine mixed = quantized(slow);
      const double both = expected_us(mixed).value_or(with);
      if (both < std::min(with, without)) {
        console_.info(
            "The network is expected to take {:.1f} us with integers in layers that gain, {:.1f} us with them everywhere, {:.1f} us "
            "without: {} layers stay float.",
            both, with, without, slow.size());
        return mixed;
      }
    }
    if (without >= with) return best;
    console_.info("The network is expected to take {:.1f} us without integers, {:.1f} us with them: it is built without.", without, with);
    return plain;
  }

 private:
  Engine quantized(const std::set<std::string, std::less<>>& in_float) const {
    QuantizeConfig quantize_config{.activations = DType::i8};
    quantize_config.keeps_float = [&, demanded = layers_in_float(config_.layers)](std::string_view layer) {
      return in_float.contains(layer) or (demanded and demanded(layer));
    };
    const std::string model = quantize(o_.model, ranges_, quantize_config);
    return build(bytes_of(model), config_, o_.model.parent_path());
  }

  const Options& o_;
  BuildConfig config_;
  Console& console_;
  ScratchFile scratch_{".timings"};
  bool compares_ = false;
  CalibrationRanges ranges_;
};

}  // namespace

std::set<std::string, std::less<>> layers_without_gain(std::string_view quantized, std::string_view plain) {
  const std::optional<json> with = read_report(quantized), without = read_report(plain);
  std::set<std::string, std::less<>> found;
  if (not with or not without) return found;
  const auto before = us_by_layer(*without);
  for (const auto& [layer, us] : us_by_layer(*with))
    if (const auto known = before.find(layer); known != before.end() and us >= known->second) found.insert(layer);
  return found;
}

Engine build_int8(const Options& o, const BuildConfig& config, Console& console) { return Int8Build(o, config, console).run(); }

}  // namespace burnish::cli::trtexec
