// Each step makes a variant of the quantized model and keeps it where it is better on samples that the step has not seen. Engines are built without
// measuring: only their numbers matter.
#include "burnish/tune_quantization.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json_text.h"
#include "calibration/bias_correction.h"
#include "calibration/channels.h"
#include "onnx/channel_scales.h"
#include "onnx/extract.h"
#include "onnx/quantize.h"
#include "precision/errors.h"
#include "precision/held_back.h"
#include "precision/layer_search.h"
#include "precision/layer_seconds.h"

namespace burnish {
namespace {

using nlohmann::ordered_json;

constexpr size_t most_samples = 64;
constexpr size_t enough_for_noise = 6;   // samples, to weigh layers by
constexpr double most_seconds = 120;     // looking for sensitivities
constexpr double shortest_layer = 1e-9;  // seconds
/// How far channels are brought together at the cost of weights: half-way, but all the way where weights lose nothing.
constexpr double half_way = 0.5, all_the_way = 1;

using Names = std::set<std::string, std::less<>>;

/// One way to quantize.
struct Variant {
  std::string file;  // the float model, its channels as they are or scaled
  CalibrationRanges ranges;
  calibration::BiasChanges bias_changes = {};
  Names floating = {};      // layers
  double error = 0;         // on the samples held back
  double budget_error = 0;  // of the accuracy asked for, on all samples; once layers were chosen for it
};

class Tuning {
 public:
  Tuning(const std::filesystem::path& model, const TuneConfig& config)
      : config_(config), folder_(model.parent_path()), file_(read_text(model)), build_(config.calibration.build) {
    build_.optimization_level = 0;
    build_.permitted.clear();
    build_.accuracy.reset();
    build_.logger = {};
    build_.progress = {};
    if (not config.calibration.batches) fail("quantization is tuned on samples: give some");
    if (not config.ranges.empty() and (config.equalizes or config.smooths))
      fail("known ranges are those of the model as it is; scaled channels have others. Calibrate on samples instead");
  }

  TunedQuantization run() {
    take_samples();
    best_ = {.file = file_, .ranges = config_.ranges.empty() ? calibrated(file_) : config_.ranges};
    judge(best_);
    note("quantized", best_.error, true);
    if (config_.equalizes) try_divided("equalized", false);
    if (config_.smooths) try_divided("smoothed", true);
    if (config_.corrects_biases) try_corrected("biases corrected");
    if (config_.accuracy) {
      keep_floating();
      if (config_.corrects_biases and not best_.floating.empty()) try_corrected("biases of the quantized layers corrected");
    }
    return {model_of(best_), best_.ranges, report()};
  }

 private:
  void log(const std::string& message) const {
    if (config_.calibration.build.logger) config_.calibration.build.logger(Severity::info, message);
  }
  void tell(std::string_view what, size_t done, size_t total) const {
    const Progress& progress = config_.calibration.build.progress;
    if (progress and not progress(what, done, total)) fail("the application stopped the quantization");
  }
  void note(const std::string& what, double error, bool kept) {
    steps_.push_back({{"what", what}, {"error", error}, {"kept", kept}});
    log(fmt::format("{}: error {:.3g}{}", what, error, kept ? "" : ", not kept"));
  }

  void take_samples() {
    float_.emplace(build(bytes_of(file_), build_, folder_));
    if (float_->is_dynamic()) fail_unsupported("quantization is tuned where all sizes are known: give the inputs shapes");
    samples_ = samples_of(config_.calibration.batches, float_->inputs(), most_samples);
    if (samples_.size() < 2) fail("quantization is tuned on at least two batches of samples: one is held back");
    exact_ = outputs_of(*float_, samples_);
    if (std::isnan(noise_error(exact_, exact_))) fail("the outputs cannot be judged: they are no floats, zero, or not finite");
  }

  CalibrationRanges calibrated(const std::string& file) const { return calibrate(bytes_of(file), config_.calibration, folder_); }

  std::string model_of(const Variant& variant) const {
    QuantizeConfig quantization = config_.quantize;
    quantization.bias_changes = variant.bias_changes;
    quantization.keeps_float = [&](std::string_view node) { return variant.floating.contains(node) or demanded_float(node); };
    return quantize(bytes_of(variant.file), variant.ranges, quantization, folder_);
  }
  bool demanded_float(std::string_view node) const { return config_.quantize.keeps_float and config_.quantize.keeps_float(node); }

  Engine engine_of(const Variant& variant) const { return build(bytes_of(model_of(variant)), build_, folder_); }

  double measured(const Outputs& exact, const Outputs& tried) const {
    return config_.measure ? config_.measure(exact, tried) : noise_error(exact, tried);
  }
  void judge(Variant& variant) const {
    const Engine engine = engine_of(variant);
    if (not keeps_accuracy_) {
      variant.error = measured(held_back(exact_), outputs_of(engine, held_back(samples_)));
      return;
    }
    const Outputs tried = outputs_of(engine, samples_);
    variant.error = measured(held_back(exact_), held_back(tried));
    variant.budget_error = config_.accuracy->error(exact_, tried);
  }
  bool holds(const Variant& variant) const { return not keeps_accuracy_ or variant.budget_error <= config_.accuracy->limit; }

  void take_if_better(Variant tried, const std::string& what) {
    judge(tried);
    const bool better = tried.error < best_.error and holds(tried);
    note(what, tried.error, better);
    if (better) best_ = std::move(tried);
  }

  // Scaled channels

  void try_divided(const std::string& what, bool normalized) {
    const onnx::ChannelDivisors divisors = divisors_of(normalized);
    if (divisors.empty()) return log(what + ": there is nothing to scale");
    Variant tried;
    tried.file = onnx::with_divided_channels(bytes_of(best_.file), folder_, divisors);
    tried.ranges = calibrated(tried.file);
    take_if_better(std::move(tried), fmt::format("{}: {} tensors", what, divisors.size()));
  }

  onnx::ChannelDivisors divisors_of(bool normalized) const {
    std::vector<onnx::ScalableTensor> scalable = onnx::scalable_tensors(bytes_of(best_.file), folder_);
    std::erase_if(scalable, [&](const onnx::ScalableTensor& one) { return one.normalized != normalized; });
    if (scalable.empty()) return {};
    std::vector<std::string> names;
    for (const onnx::ScalableTensor& one : scalable) names.insert(names.end(), one.read.begin(), one.read.end());
    std::map<std::string, calibration::ChannelPeaks, std::less<>> peaks;
    for_each_output(best_.file, names, searched(samples_), [&](size_t /*sample*/, const std::string& name, const Tensor& tensor) {
      for (const onnx::ScalableTensor& one : scalable)
        if (std::ranges::find(one.read, name) != one.read.end()) peaks[one.name].add(tensor, one.axis);
    });
    onnx::ChannelDivisors divisors;
    for (const onnx::ScalableTensor& one : scalable)
      divisors[one.name] = calibration::balancing_divisors(peaks[one.name].peaks(), one.weights, one.separate ? all_the_way : half_way);
    return divisors;
  }

  /// see(index of the sample, name, tensor) for these tensors of the model, for each sample.
  template <class See>
  void for_each_output(const std::string& file, const std::vector<std::string>& names, const std::vector<Sample>& samples,
                       const See& see) const {
    const Engine engine = build(bytes_of(onnx::with_outputs(bytes_of(file), folder_, names)), build_, folder_);
    Session session(engine);
    for (size_t sample = 0; sample < samples.size(); ++sample) {
      const std::vector<Tensor> outputs = session.run(samples[sample]);
      for (size_t i = 0; i < outputs.size(); ++i)
        if (const std::string& name = engine.outputs()[i].name; std::ranges::find(names, name) != names.end())
          see(sample, name, outputs[i]);
    }
  }

  // Biases

  void try_corrected(const std::string& what) {
    Variant tried = best_;
    tried.bias_changes = corrections(best_);
    const std::string told = fmt::format("{}: {} layers", what, tried.bias_changes.size());
    take_if_better(std::move(tried), told);
  }

  std::vector<onnx::QuantizedLayer> quantized_layers(const Variant& variant) const {
    std::vector<onnx::QuantizedLayer> layers = onnx::layers_to_quantize(bytes_of(variant.file));
    std::erase_if(layers, [&](const onnx::QuantizedLayer& layer) {
      const auto known = [&](const std::string& tensor) { return variant.ranges.contains(tensor); };
      return variant.floating.contains(layer.name) or demanded_float(layer.name) or not std::ranges::all_of(layer.activations, known);
    });
    return layers;
  }

  calibration::BiasChanges corrections(const Variant& variant) const {
    std::map<std::string, std::string, std::less<>> outputs;  // by layer
    calibration::BiasCorrection correction;
    for (const onnx::QuantizedLayer& layer : quantized_layers(variant))
      if (layer.bias_channels > 0) {
        correction.layers.push_back(layer.name);
        outputs[layer.name] = layer.output;
      }
    std::vector<std::string> names;
    for (const auto& [layer, output] : outputs) names.push_back(output);
    const std::map<std::string, calibration::LayerMeans, std::less<>> exact = exact_means(variant.file, names);
    size_t done = 0;
    correction.exact = [&](const std::string& layer) { return exact.at(outputs.at(layer)); };
    correction.quantized = [&](const std::string& layer, const calibration::BiasChanges& so_far) {
      tell("correct biases", done++, outputs.size());
      Variant corrected = variant;
      corrected.bias_changes = so_far;
      return quantized_means(model_of(corrected), outputs.at(layer));
    };
    return calibration::correct_biases(correction);
  }

  /// Of a layer's output over samples one after another, of which every second one is held back.
  struct Means {
    std::array<calibration::ChannelMeans, 2> halves;

    void add(size_t sample, const Tensor& tensor) { halves[sample % 2].add(tensor, 1); }
    calibration::LayerMeans both() const { return {halves[0].means(), halves[1].means()}; }
  };

  std::map<std::string, calibration::LayerMeans, std::less<>> exact_means(const std::string& file,
                                                                          const std::vector<std::string>& names) const {
    std::map<std::string, Means, std::less<>> means;
    for_each_output(file, names, samples_,
                    [&](size_t sample, const std::string& name, const Tensor& tensor) { means[name].add(sample, tensor); });
    std::map<std::string, calibration::LayerMeans, std::less<>> found;
    for (const auto& [name, of_layer] : means) found[name] = of_layer.both();
    return found;
  }

  /// By the part of the network that makes the tensor.
  calibration::LayerMeans quantized_means(const std::string& model, const std::string& output) const {
    const auto find = [&](const std::string& name) -> std::optional<std::pair<DType, Dims>> {
      for (const TensorInfo& input : float_->inputs())
        if (input.name == name) return std::pair(input.dtype, input.dims);
      return {};
    };
    const auto part = onnx::extract_before(bytes_of(model), folder_, output, std::numeric_limits<size_t>::max(), find);
    if (not part) fail("the model has no tensor `{}`", output);
    const Engine engine = build(bytes_of(part->model), build_, folder_);
    Session session(engine);
    Means means;
    for (size_t i = 0; i < samples_.size(); ++i) means.add(i, session.run(inputs_of(engine, samples_[i])).at(0));
    return means.both();
  }

  /// A part may read fewer inputs, in another order.
  Sample inputs_of(const Engine& part, const Sample& sample) const {
    Sample inputs;
    for (const TensorInfo& wanted : part.inputs()) {
      const auto found = std::ranges::find(float_->inputs(), wanted.name, &TensorInfo::name);
      inputs.push_back(sample.at(static_cast<size_t>(found - float_->inputs().begin())));
    }
    return inputs;
  }

  // Layers that stay floating

  void keep_floating() {
    const AccuracyBudget& budget = *config_.accuracy;
    keeps_accuracy_ = true;
    std::vector<std::string> layers;
    for (const onnx::QuantizedLayer& layer : quantized_layers(best_)) layers.push_back(layer.name);
    LayerSearch search = search_of(layers);
    search.accepted = first_part_of_budget * budget.limit;
    double least_error = std::numeric_limits<double>::infinity();
    for (int attempt = 0; attempt < most_searches; ++attempt, search.accepted *= next_part_of_budget) {
      const LayerChoice choice = search_layers(search);
      for (const LayerTry& one : choice.tries) least_error = std::min(least_error, one.error);
      if (std::ranges::count(choice.reduced, true) == 0) break;
      best_ = with_layers(layers, choice.reduced);
      judge(best_);
      if (not holds(best_)) continue;
      note(fmt::format("{} layers left floating", best_.floating.size()), best_.error, true);
      return note_choice(layers, choice);
    }
    fail_unsupported(
        "no layer can be quantized within {}: errors were {:.3g} and more, {:.3g} is accepted. Give more samples, or accept more",
        budget.text, least_error, budget.limit);
  }

  Variant with_layers(const std::vector<std::string>& layers, const Reduced& reduced) const {
    Variant made = best_;
    made.floating.clear();
    for (size_t i = 0; i < layers.size(); ++i)
      if (not reduced[i]) made.floating.insert(layers[i]);
    return made;
  }

  LayerSearch search_of(const std::vector<std::string>& layers) {
    LayerSearch search;
    const auto seconds = seconds_by_layer(*float_);
    for (const std::string& layer : layers) {
      const auto found = seconds.find(layer);
      search.saved.push_back(found == seconds.end() ? shortest_layer : std::max(found->second, shortest_layer));
    }
    search.most_tries = 2 * layers.size();
    search.most_seconds = most_seconds;
    const size_t all = (samples_.size() + 1) / 2, few = config_.measure ? all : std::min(enough_for_noise, all);
    search.sensitivity = [this, layers, few](const Reduced& reduced) {
      std::vector<Sample> samples = searched(samples_);
      Outputs exact = searched(exact_);
      samples.resize(few);
      exact.resize(few);
      return remembered(sensitivities_, reduced,
                        [&] { return measured(exact, outputs_of(engine_of(with_layers(layers, reduced)), samples)); });
    };
    search.error = [this, layers](const Reduced& reduced) {
      return remembered(errors_, reduced, [&] {
        return config_.accuracy->error(searched(exact_), outputs_of(engine_of(with_layers(layers, reduced)), searched(samples_)));
      });
    };
    return search;
  }

  template <class Measure>
  double remembered(std::map<Reduced, double>& known, const Reduced& reduced, const Measure& measure) {
    const auto found = known.find(reduced);
    if (found != known.end()) return found->second;
    tell("choose layers", known.size(), known.size() + 1);
    return known[reduced] = measure();
  }

  void note_choice(const std::vector<std::string>& layers, const LayerChoice& choice) {
    for (const LayerRun& run : choice.runs)
      sensitivity_.push_back({{"first", layers[run.first]}, {"last", layers[run.last - 1]}, {"error", run.error}});
  }

  std::string report() const {
    std::vector<std::string> quantized, floating;
    for (const onnx::QuantizedLayer& layer : quantized_layers(best_)) quantized.push_back(layer.name);
    for (const onnx::QuantizedLayer& layer : onnx::layers_to_quantize(bytes_of(best_.file)))
      if (std::ranges::find(quantized, layer.name) == quantized.end()) floating.push_back(layer.name);
    ordered_json made{{"samples", samples_.size()},
                      {"held_back", samples_.size() / 2},
                      {"steps", steps_},
                      {"layers_quantized", quantized},
                      {"layers_floating", floating}};
    if (config_.accuracy) {
      made["accuracy"] = config_.accuracy->text;
      made["limit"] = config_.accuracy->limit;
      made["error"] = best_.budget_error;
      made["sensitivity"] = sensitivity_;
    }
    return json_text(made, 1);
  }

  const TuneConfig& config_;
  const std::filesystem::path folder_;
  const std::string file_;
  BuildConfig build_;
  std::optional<Engine> float_;
  std::vector<Sample> samples_;
  Outputs exact_;
  Variant best_;
  bool keeps_accuracy_ = false;  // from the choice of layers on
  std::map<Reduced, double> sensitivities_, errors_;
  ordered_json steps_ = ordered_json::array(), sensitivity_ = ordered_json::array();
};

}  // namespace

TunedQuantization tune_quantization(const std::filesystem::path& model, const TuneConfig& config) {
  return in_context([&] { return "quantizing " + model.string(); }, [&] { return Tuning(model, config).run(); });
}

}  // namespace burnish
