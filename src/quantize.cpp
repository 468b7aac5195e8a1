// Calibration: the model built with the tensors in question as outputs, run over the samples; and the patched file.
#include "burnish/quantize.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "calibration/cache.h"
#include "calibration/calibrator.h"
#include "onnx/quantize.h"

namespace burnish {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

/// The model with the tensors to look at as outputs.
class Probe {
 public:
  Probe(const std::filesystem::path& model, const CalibrationConfig& config) : config_(config) {
    const std::string file = read_text(model);
    names_ = onnx::tensors_to_quantize(bytes_of(file));
    if (names_.empty())
      fail("{}: there is nothing to quantize: no convolution or matrix product with constant f32 weights", model.string());
    BuildConfig build_config = config.build;
    build_config.optimization_level = 0;  // run a few times only
    const std::vector<std::string> inner = inner_names(file);
    engine_.emplace(build(bytes_of(onnx::with_outputs(bytes_of(file), model.parent_path(), inner)), build_config, model.parent_path()));
  }

  const std::vector<std::string>& names() const { return names_; }

  /// Calls see(name, tensor) for each tensor of each batch; returns the number of batches.
  template <class See>
  size_t run(const See& see) {
    Session session(*engine_);
    for (size_t batch = 0;; ++batch) {
      const std::vector<Tensor> inputs = config_.batches(engine_->inputs(), batch);
      if (inputs.empty()) return batch;
      if (config_.build.progress and not config_.build.progress("calibrate", batch, batch + 1))
        fail("the application stopped the calibration");
      const std::vector<Tensor> outputs = in_context([&] { return fmt::format("batch {}", batch); }, [&] { return session.run(inputs); });
      for (size_t i = 0; i < engine_->inputs().size(); ++i) tell(engine_->inputs()[i].name, inputs.at(i), see);
      for (size_t i = 0; i < engine_->outputs().size(); ++i) tell(engine_->outputs()[i].name, outputs[i], see);
    }
  }

 private:
  /// Without the network's own inputs, which need no output.
  std::vector<std::string> inner_names(const std::string& file) const {
    const std::vector<std::string> inputs = onnx::input_names(bytes_of(file));
    std::vector<std::string> inner;
    std::ranges::copy_if(names_, std::back_inserter(inner),
                         [&](const std::string& name) { return std::ranges::find(inputs, name) == inputs.end(); });
    return inner;
  }

  template <class See>
  void tell(const std::string& name, const Tensor& tensor, const See& see) const {
    if (std::ranges::find(names_, name) != names_.end()) see(name, tensor);
  }

  const CalibrationConfig& config_;
  std::vector<std::string> names_;
  std::optional<Engine> engine_;
};

}  // namespace

CalibrationRanges calibrate(const std::filesystem::path& model, const CalibrationConfig& config) {
  const auto method = calibration::method_from_name(config.method);
  if (not method) fail("`{}` is no calibration method; there are entropy, minmax, percentile and mse", config.method);
  if (not config.batches) fail("calibration needs sample inputs");
  Probe probe(model, config);
  std::map<std::string, calibration::Range, std::less<>> ranges;
  const size_t batches = probe.run([&](const std::string& name, const Tensor& tensor) { widen(ranges[name], tensor); });
  if (batches == 0) fail("calibration needs at least one batch of sample inputs");
  std::map<std::string, calibration::Histogram, std::less<>> histograms;
  for (const auto& [name, range] : ranges) histograms.emplace(name, calibration::Histogram(range));
  if (*method != calibration::Method::min_max)
    probe.run([&](const std::string& name, const Tensor& tensor) { histograms.at(name).add(tensor); });
  CalibrationRanges found;
  for (const auto& [name, histogram] : histograms) {
    const calibration::Range range = range_of(histogram, {*method, config.percentile});
    found[name] = {range.low, range.high};
  }
  return found;
}

bool is_quantized(const std::filesystem::path& model) { return onnx::is_quantized(bytes_of(read_text(model))); }

std::string calibration_cache(const CalibrationRanges& ranges, std::string_view method) {
  calibration::Scales scales;
  for (const auto& [name, range] : ranges) scales[name] = calibration::scale_of_range({range.first, range.second});
  return calibration::cache_text(scales, method == "minmax" ? "MinMaxCalibration" : "EntropyCalibration2");
}

CalibrationRanges read_calibration_cache(std::string_view text) {
  CalibrationRanges ranges;
  for (const auto& [name, scale] : calibration::parse_cache(text)) {
    const calibration::Range range = calibration::range_of_scale(scale);
    ranges[name] = {range.low, range.high};
  }
  return ranges;
}

std::string quantize(const std::filesystem::path& model, const CalibrationRanges& ranges, const QuantizeConfig& config) {
  const std::string file = read_text(model);
  const std::vector<std::string> names = onnx::tensors_to_quantize(bytes_of(file));
  if (std::ranges::none_of(names, [&](const std::string& name) { return ranges.contains(name); }))
    fail("{}: the calibration knows none of the {} tensors that could be quantized; is it that of another model?", model.string(),
         names.size());
  return in_context([&] { return "quantizing " + model.string(); },
                    [&] {
                      return onnx::quantized(bytes_of(file), model.parent_path(), ranges,
                                             {.activations = config.activations, .per_channel = config.per_channel});
                    });
}

}  // namespace burnish
