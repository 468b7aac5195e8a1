// Calibration: the model built with the tensors in question as outputs, run over the samples; and the patched file.
#include "burnish/quantize.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "calibration/cache.h"
#include "calibration/calibrator.h"
#include "onnx/extract.h"
#include "onnx/quantize.h"
#include "precision/errors.h"

namespace burnish {
namespace {

constexpr std::string_view automatic = "auto";

/// The ranges that the calibrators make of a histogram.
std::vector<calibration::Range> proposals(const calibration::Histogram& histogram) {
  using calibration::Method;
  std::vector<calibration::Range> ranges;
  for (const calibration::Calibrator& calibrator : {calibration::Calibrator{Method::min_max, 100},
                                                    {Method::percentile, 99.999},
                                                    {Method::percentile, 99.99},
                                                    {Method::percentile, 99.9},
                                                    {Method::mse, 100},
                                                    {Method::entropy, 100}})
    if (const calibration::Range range = range_of(histogram, calibrator); std::ranges::find(ranges, range) == ranges.end())
      ranges.push_back(range);
  return ranges;
}

/// What a tensor looks like behind QuantizeLinear and DequantizeLinear of 8 bits.
Tensor quantized_and_back(const Tensor& tensor, const calibration::Range& range) {
  const double low = std::min(range.low, 0.0), high = std::max(range.high, 0.0);
  const double scale = high > low ? (high - low) / 255 : 1;
  const double zero = std::nearbyint(-low / scale);
  Tensor made = Tensor::uninitialized(tensor.dtype(), tensor.dims());
  for (int64_t i = 0; i < tensor.size(); ++i)
    made.set_number(i, (std::clamp(std::nearbyint(tensor.number(i) / scale) + zero, 0.0, 255.0) - zero) * scale);
  return made;
}

/// Noise over signal, of the squares; 0 where there is no signal.
double noise_of(const Tensor& wanted, const Tensor& got) {
  const double noise = noise_error({{wanted}}, {{got}});
  return std::isnan(noise) ? 0 : noise;
}

/// Each layer alone, fed with its inputs as they are and with one of them quantized: what that does to its result.
class LayerJudge {
 public:
  LayerJudge(std::span<const std::byte> file, const std::filesystem::path& folder, const CalibrationConfig& config,
             const std::map<std::string, Tensor, std::less<>>& tensors)
      : file_(file), folder_(folder), tensors_(tensors), layers_(onnx::layers_to_quantize(file)) {
    config_.backend = config.build.backend;
    config_.threads = config.build.threads;
    config_.optimization_level = 0;
  }

  calibration::Range best(const std::string& name, const calibration::Histogram& histogram) const {
    const std::vector<calibration::Range> ranges = proposals(histogram);
    std::vector<double> noise(ranges.size(), 0);
    for (const onnx::QuantizedLayer& layer : layers_)
      if (std::ranges::find(layer.activations, name) != layer.activations.end()) add_noise(layer, name, ranges, noise);
    return ranges[static_cast<size_t>(std::ranges::min_element(noise) - noise.begin())];
  }

 private:
  void add_noise(const onnx::QuantizedLayer& layer, const std::string& name, const std::vector<calibration::Range>& ranges,
                 std::vector<double>& noise) const {
    const auto engine = engine_of(layer);
    const std::vector<Tensor> inputs = engine ? inputs_of(*engine) : std::vector<Tensor>();
    const Tensor& tensor = tensors_.find(name)->second;
    const Tensor wanted = inputs.empty() ? tensor : Session(*engine).run(inputs).at(0);
    for (size_t i = 0; i < ranges.size(); ++i) {
      const Tensor changed = quantized_and_back(tensor, ranges[i]);
      if (inputs.empty()) {  // the layer cannot be had alone: the tensor itself is judged
        noise[i] += noise_of(tensor, changed);
        continue;
      }
      std::vector<Tensor> fed = inputs;
      for (size_t input = 0; input < fed.size(); ++input)
        if (engine->inputs()[input].name == name) fed[input] = changed;
      noise[i] += noise_of(wanted, Session(*engine).run(fed).at(0));
    }
  }

  std::vector<Tensor> inputs_of(const Engine& engine) const {
    std::vector<Tensor> inputs;
    for (const TensorInfo& info : engine.inputs()) {
      const auto found = tensors_.find(info.name);
      if (found == tensors_.end()) return {};
      inputs.push_back(found->second);
    }
    return inputs;
  }

  std::optional<Engine> engine_of(const onnx::QuantizedLayer& layer) const {
    const onnx::FindInput find = [&](const std::string& name) -> std::optional<std::pair<DType, Dims>> {
      const auto found = tensors_.find(name);
      return found == tensors_.end() ? std::nullopt : std::optional(std::pair(found->second.dtype(), found->second.dims()));
    };
    try {
      const auto part = onnx::extract_before(file_, folder_, layer.output, 1, find);
      if (not part) return {};
      return build(bytes_of(part->model), config_, folder_);
    } catch (const Error&) { return {}; }
  }

  std::span<const std::byte> file_;
  std::filesystem::path folder_;
  const std::map<std::string, Tensor, std::less<>>& tensors_;
  std::vector<onnx::QuantizedLayer> layers_;
  BuildConfig config_;
};

/// The model with the tensors to look at as outputs.
class Probe {
 public:
  Probe(std::span<const std::byte> file, const std::filesystem::path& folder, const CalibrationConfig& config) : config_(config) {
    names_ = onnx::tensors_to_quantize(file);
    if (names_.empty()) fail("there is nothing to quantize: no convolution or matrix product with constant f32 weights");
    BuildConfig build_config = config.build;
    build_config.optimization_level = 0;  // run a few times only
    engine_.emplace(build(bytes_of(onnx::with_outputs(file, folder, inner_names(file))), build_config, folder));
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
  std::vector<std::string> inner_names(std::span<const std::byte> file) const {
    const std::vector<std::string> inputs = onnx::input_names(file);
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
  const std::string file = read_text(model);
  return in_context([&] { return "calibrating " + model.string(); },
                    [&] { return calibrate(bytes_of(file), config, model.parent_path()); });
}

CalibrationRanges calibrate(std::span<const std::byte> model, const CalibrationConfig& config, const std::filesystem::path& folder) {
  const bool chooses = config.method == automatic;
  const auto method = chooses ? std::optional(calibration::Method::entropy) : calibration::method_from_name(config.method);
  if (not method) fail("`{}` is no calibration method; there are auto, entropy, minmax, percentile and mse", config.method);
  if (not config.batches) fail("calibration needs sample inputs");
  Probe probe(model, folder, config);
  std::map<std::string, calibration::Range, std::less<>> ranges;
  const size_t batches = probe.run([&](const std::string& name, const Tensor& tensor) { widen(ranges[name], tensor); });
  if (batches == 0) fail("calibration needs at least one batch of sample inputs");
  std::map<std::string, calibration::Histogram, std::less<>> histograms;
  std::map<std::string, Tensor, std::less<>> first;  // batch
  for (const auto& [name, range] : ranges) histograms.emplace(name, calibration::Histogram(range));
  if (*method != calibration::Method::min_max)
    probe.run([&](const std::string& name, const Tensor& tensor) {
      histograms.at(name).add(tensor);
      if (chooses) first.try_emplace(name, tensor);
    });
  CalibrationRanges found;
  std::optional<LayerJudge> judge;
  if (chooses) judge.emplace(model, folder, config, first);
  for (const auto& [name, histogram] : histograms) {
    const calibration::Range range = chooses ? judge->best(name, histogram) : range_of(histogram, {*method, config.percentile});
    found[name] = {range.low, range.high};
  }
  return found;
}

std::function<bool(std::string_view node)> layers_in_float(const LayerDemands& demands) {
  if (demands.constraints == PrecisionConstraints::none or demands.precisions.empty()) return {};
  return [precisions = demands.precisions](std::string_view node) {
    const LayerMatch match = match_layer(precisions, node);
    return match.entry != nullptr and not match.entry->types.empty() and not is_integer(match.entry->types[0]);
  };
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
  return in_context([&] { return "quantizing " + model.string(); },
                    [&] { return quantize(bytes_of(file), ranges, config, model.parent_path()); });
}

std::string quantize(std::span<const std::byte> model, const CalibrationRanges& ranges, const QuantizeConfig& config,
                     const std::filesystem::path& folder) {
  const std::vector<std::string> names = onnx::tensors_to_quantize(model);
  if (std::ranges::none_of(names, [&](const std::string& name) { return ranges.contains(name); }))
    fail("the calibration knows none of the {} tensors that could be quantized; is it that of another model?", names.size());
  return onnx::quantized(model, folder, ranges,
                         {.activations = config.activations,
                          .per_channel = config.per_channel,
                          .keeps_float = config.keeps_float,
                          .bias_changes = config.bias_changes});
}

}  // namespace burnish
