// Engines are built for four ways: all float, rounded, quantized, both. Each is kept within the budget on one half of the samples, and judged on all;
// then they are timed, and the fastest that holds is taken.
#include "burnish/mixed_precision.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json_text.h"
#include "base/scratch_file.h"
#include "onnx/quantize.h"
#include "precision/errors.h"
#include "precision/held_back.h"
#include "precision/layer_search.h"
#include "precision/layer_seconds.h"
#include "precision/sample_inputs.h"
#include "runtime/loaded_engine.h"

namespace burnish {
namespace {

using nlohmann::ordered_json;

constexpr size_t most_samples = 32;
constexpr uint64_t made_up_samples = 6;
constexpr int timed_rounds = 7;
constexpr double seconds_of_round = 0.03;

struct Attempt {
  std::string what;
  Engine engine;
  double error = 0;
  double seconds = 0;
  std::vector<std::string> quantized = {};  // layers
};

class MixedBuild {
 public:
  MixedBuild(const std::filesystem::path& model, const MixedPrecisionConfig& config)
      : model_(model), config_(config), file_(read_text(model)), base_(config.build) {
    if (not config.build.accuracy) fail("an accuracy is needed to build for, such as cos:0.999");
    if (not config.build.io_formats.empty())
      fail_unsupported("formats of inputs and outputs cannot be asked for together with an accuracy");
    if (base_.timing_cache.empty()) base_.timing_cache = scratch_.path();
    base_.permitted.clear();
    std::erase_if(base_.layers.precisions, [](const LayerTypes& one) { return not one.types.empty() and is_integer(one.types[0]); });
    base_.accuracy.reset();
    base_.samples = {};
  }

  MixedPrecision run() {
    tell(0, 4);
    attempts_.push_back({"float", build(model_, base_)});
    quiet_warnings();
    take_samples();
    exact_ = outputs_of(float_engine(), samples_);
    if (std::isnan(budget().error(exact_, exact_))) fail("the accuracy cannot be judged: outputs are no floats, zero, or not finite");
    attempts_[0].error = budget().error(exact_, exact_);
    tell(1, 4);
    if (not config_.build.permitted.empty()) attempt_rounded("rounded", file_, {});
    tell(2, 4);
    if (config_.int8) attempt_quantized();
    tell(3, 4);
    time_attempts();
    const size_t chosen = choose();
    tell(4, 4);
    return {attempts_[chosen].engine, report(chosen)};
  }

 private:
  const AccuracyBudget& budget() const { return *config_.build.accuracy; }
  const Engine& float_engine() const { return attempts_.front().engine; }

  void tell(size_t done, size_t total) const {
    if (config_.build.progress and not config_.build.progress("accuracy", done, total)) fail("the application stopped the search");
  }
  void log(Severity severity, const std::string& message) const {
    if (config_.build.logger) config_.build.logger(severity, message);
  }

  /// The first build has said what there is to warn of.
  void quiet_warnings() {
    if (not config_.build.logger) return;
    base_.logger = [&logger = config_.build.logger](Severity severity, std::string_view message) {
      logger(severity == Severity::warning ? Severity::verbose : severity, message);
    };
  }

  void take_samples() {
    const Engine& engine = float_engine();
    if (engine.is_dynamic()) fail_unsupported("an accuracy can be built for where all sizes are known: give the inputs shapes");
    if (config_.build.samples) {
      samples_ = samples_of(config_.build.samples, engine.inputs(), most_samples);
      if (samples_.empty()) fail("there are no sample inputs");
    } else {
      log(Severity::warning, "no sample inputs: accuracy is judged on made-up ones, which tell little about real ones");
      const Graph graph = runtime::graph_of(engine.data());
      for (uint64_t seed = 1; seed <= made_up_samples; ++seed) samples_.push_back(sample_inputs(graph, seed));
    }
    searched_ = searched(samples_);
  }

  static SampleBatches batches_of(std::vector<Sample> samples) {
    return [samples = std::move(samples)](std::span<const TensorInfo>, size_t index) {
      return index < samples.size() ? samples[index] : Sample();
    };
  }

  double error_on_all(const Engine& engine) const { return budget().error(exact_, outputs_of(engine, samples_)); }
  bool holds(double error) const { return error <= budget().limit; }

  /// Rounds as far as the budget goes, and less where the samples held back say so.
  void attempt_rounded(const std::string& what, const std::string& model, const std::vector<std::string>& quantized) {
    BuildConfig config = base_;
    config.permitted = config_.build.permitted;
    config.samples = batches_of(searched_);
    config.accuracy = budget();
    config.accuracy->exact = std::make_shared<const Outputs>(searched(exact_));
    for (int attempt = 0; attempt < most_searches; ++attempt, config.accuracy->limit *= next_part_of_budget) {
      Engine engine = build(bytes_of(model), config, model_.parent_path());
      note_tries(engine, what);
      const double error = error_on_all(engine);
      attempts_.push_back({what, std::move(engine), error, 0, quantized});
      if (holds(error)) return;
    }
  }

  std::string quantized_model(const Reduced& reduced) const {
    std::set<std::string, std::less<>> floating;
    for (size_t i = 0; i < layers_.size(); ++i)
      if (not reduced[i]) floating.insert(layers_[i]);
    const auto demanded = layers_in_float(config_.build.layers);
    return quantize(model_, ranges_, {.activations = config_.activations, .per_channel = true, .keeps_float = [&](std::string_view node) {
                                        return floating.contains(node) or (demanded and demanded(node));
                                      }});
  }

  /// Without measuring: the numbers are those of the measured engine but for the order of sums.
  Engine tried_engine(const Reduced& reduced) const {
    BuildConfig config = base_;
    config.optimization_level = 0;
    config.logger = {};
    config.progress = {};
    return build(bytes_of(quantized_model(reduced)), config, model_.parent_path());
  }

  void calibrate_ranges() {
    ranges_ = config_.calibration;
    if (not ranges_.empty()) return;
    CalibrationConfig calibration;
    calibration.method = config_.method;
    calibration.batches = batches_of(searched_);
    calibration.build = base_;
    ranges_ = calibrate(model_, calibration);
  }

  std::vector<double> seconds_saved(const Engine& all_quantized) const {
    const auto before = seconds_by_layer(float_engine()), after = seconds_by_layer(all_quantized);
    std::vector<double> saved;
    for (const std::string& layer : layers_) {
      const auto was = before.find(layer), is = after.find(layer);
      saved.push_back(was == before.end() ? 0 : was->second - (is == after.end() ? 0 : is->second));
    }
    return saved;
  }

  void attempt_quantized() {
    for (const onnx::QuantizedLayer& layer : onnx::layers_to_quantize(bytes_of(file_))) layers_.push_back(layer.name);
    if (layers_.empty() or is_quantized(model_)) return log(Severity::info, "accuracy: there is nothing to quantize");
    calibrate_ranges();
    const Engine all = build(bytes_of(quantized_model(Reduced(layers_.size(), true))), base_, model_.parent_path());
    LayerSearch search;
    search.saved = seconds_saved(all);
    const Outputs exact = searched(exact_);
    const Outputs first(exact.begin(), exact.begin() + 1);
    search.error = [&](const Reduced& reduced) { return budget().error(exact, outputs_of(tried_engine(reduced), searched_)); };
    search.sensitivity = [&](const Reduced& reduced) {
      const double error = cosine_error(first, outputs_of(tried_engine(reduced), {searched_.front()}));
      return std::isnan(error) ? 0 : error;
    };
    search.accepted = first_part_of_budget * budget().limit;
    for (int attempt = 0; attempt < most_searches; ++attempt, search.accepted *= next_part_of_budget) {
      const LayerChoice choice = search_layers(search);
      note(choice);
      if (std::ranges::count(choice.reduced, true) == 0) return log(Severity::info, "accuracy: no layer is quantized within the budget");
      if (attempt_layers(choice.reduced)) return;
    }
  }

  /// Whether the quantized engine holds on all samples; then rounding the rest is tried too.
  bool attempt_layers(const Reduced& reduced) {
    std::vector<std::string> quantized;
    for (size_t i = 0; i < layers_.size(); ++i)
      if (reduced[i]) quantized.push_back(layers_[i]);
    const std::string model = quantized_model(reduced);
    Engine engine = build(bytes_of(model), base_, model_.parent_path());
    const double error = error_on_all(engine);
    attempts_.push_back({"quantized", std::move(engine), error, 0, quantized});
    if (not holds(error)) return false;
    if (not config_.build.permitted.empty()) attempt_rounded("quantized and rounded", model, quantized);
    return true;
  }

  /// In turns, so that what disturbs the machine disturbs all alike; the best round of each counts.
  void time_attempts() {
    std::vector<std::unique_ptr<Session>> sessions;
    std::vector<std::vector<std::vector<std::byte>>> outputs;
    for (Attempt& attempt : attempts_) {
      attempt.seconds = std::numeric_limits<double>::infinity();
      sessions.push_back(std::make_unique<Session>(attempt.engine));
      for (size_t i = 0; i < samples_[0].size(); ++i) sessions.back()->bind_input(i, samples_[0][i].data());
      outputs.emplace_back();
      for (size_t i = 0; i < attempt.engine.outputs().size(); ++i) {
        outputs.back().emplace_back(attempt.engine.outputs()[i].bytes);
        sessions.back()->bind_output(i, outputs.back().back().data());
      }
    }
    for (int round = 0; round < timed_rounds; ++round)
      for (size_t i = 0; i < attempts_.size(); ++i) attempts_[i].seconds = std::min(attempts_[i].seconds, timed(*sessions[i]));
  }

  static double timed(Session& session) {
    using Clock = std::chrono::steady_clock;
    const auto run = [&] {
      if (const Status status = session.run(); not status) throw Error(status.message(), status.code());
    };
    run();
    const auto begin = Clock::now();
    double passed = 0;
    int runs = 0;
    for (; passed < seconds_of_round or runs < 2; ++runs) {
      run();
      passed = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    return passed / runs;
  }

  size_t choose() const {
    size_t best = 0;
    for (size_t i = 1; i < attempts_.size(); ++i)
      if (holds(attempts_[i].error) and attempts_[i].seconds < attempts_[best].seconds) best = i;
    const Attempt& taken = attempts_[best];
    log(Severity::info, fmt::format("accuracy: {} is taken: error {:.3g} of {:.3g} accepted ({}), {:.3f} ms instead of {:.3f}", taken.what,
                                    taken.error, budget().limit, budget().text, 1e3 * taken.seconds, 1e3 * attempts_[0].seconds));
    return best;
  }

  void note(const LayerChoice& choice) {
    const double float_seconds = whole_seconds(float_engine());
    for (const LayerTry& one : choice.tries)
      tries_.push_back({{"expected_us", 1e6 * (float_seconds - one.saved)},
                        {"error", one.error},
                        {"layers_quantized", one.reduced},
                        {"search", "quantized"}});
    for (const LayerRun& run : choice.runs)
      sensitivity_.push_back({{"first", layers_[run.first]},
                              {"last", layers_[run.last - 1]},
                              {"cosine_lost", run.error},
                              {"saved_us", 1e6 * run.saved},
                              {"search", "quantized"}});
  }

  void note_tries(const Engine& engine, const std::string& what) {
    const ordered_json report = ordered_json::parse(engine.report());
    if (not report.contains("precision")) return;
    const ordered_json& precision = report.at("precision");
    for (const auto& [from, to] : {std::pair("tries", &tries_), std::pair("sensitivity", &sensitivity_)})
      if (precision.contains(from))
        for (ordered_json one : precision.at(from)) {
          one["search"] = what;
          to->push_back(std::move(one));
        }
  }

  std::string report(size_t chosen) const {
    ordered_json engines = ordered_json::array();
    for (size_t i = 0; i < attempts_.size(); ++i)
      engines.push_back({{"what", attempts_[i].what},
                         {"time_us", 1e6 * attempts_[i].seconds},
                         {"error", attempts_[i].error},
                         {"holds", holds(attempts_[i].error)},
                         {"taken", i == chosen},
                         {"layers_quantized", attempts_[i].quantized}});
    const ordered_json root{{"accuracy", budget().text},  {"limit", budget().limit},
                            {"samples", samples_.size()}, {"held_back", samples_.size() - searched_.size()},
                            {"engines", engines},         {"tries", tries_},
                            {"sensitivity", sensitivity_}};
    return json_text(root, 1);
  }

  const std::filesystem::path model_;
  const MixedPrecisionConfig& config_;
  const std::string file_;
  ScratchFile scratch_{".timings"};  // where the application names no file
  BuildConfig base_;
  std::vector<Sample> samples_, searched_;
  Outputs exact_;
  std::vector<Attempt> attempts_;
  CalibrationRanges ranges_;
  std::vector<std::string> layers_;  // that could be quantized
  ordered_json tries_ = ordered_json::array(), sensitivity_ = ordered_json::array();
};

}  // namespace

MixedPrecision build_mixed(const std::filesystem::path& model, const MixedPrecisionConfig& config) {
  return MixedBuild(model, config).run();
}

}  // namespace burnish
