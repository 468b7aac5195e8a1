// Which nodes to make exact: rounding errors of different nodes are independent, so what each contributes to the squared error of the
// outputs adds up. Contributions are measured with one run of nodes rounding at a time, and the runs that matter are halved.
#include "precision/guard.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "base/error.h"
#include "ir/op.h"
#include "precision/held_back.h"
#include "precision/sample_inputs.h"
#include "runtime/loaded_engine.h"

namespace burnish {
namespace {

using tactics::Assignment;
using tactics::Candidate;
using tactics::CandidateSet;

constexpr uint64_t made_up_samples = 3;
constexpr size_t most_samples = 16;  // of the application's
/// What the engine will see differs from the samples: on them, only this part of the error that the user accepts is used.
constexpr double part_of_error = 0.7;
constexpr size_t first_runs = 8;
constexpr size_t most_rehearsals = 28;
constexpr double most_seconds = 20;  // looking for contributions: a busy machine gets a coarser answer
/// Seconds; what saves less counts as saving this much.
constexpr double shortest = 1e-7;
/// Runs that contribute less than this part of the error of all are not looked into.
constexpr double negligible = 0.02;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Nodes [first, last) of those that round, in order of execution.
struct Run {
  size_t first = 0, last = 0;
  double error = 0;  // of the outputs where these nodes alone round
  double saved = 0;  // seconds that their rounding saves
  size_t size() const { return last - first; }
};

class Guard {
 public:
  Guard(const Graph& graph, const CandidateSet& found, const Assignment& free, const PrecisionGuardConfig& config)
      : graph_(graph), found_(found), free_(free), config_(config), producers_(graph.node_slots(), 0) {
    for (size_t i = 0; i < found.nodes.size(); ++i) producers_[found.nodes[i].node.index] = i;
    for (size_t i = 0; i < found.nodes.size(); ++i)
      if (rounds(i, free.chosen[i]) and not follows(i)) rounding_.push_back(i);
  }

  Assignment run() {
    if (not any_rounds()) return free_;
    if (has_random()) return unjudged("the network has random operators");
    try {
      return judge();
    } catch (const Error& error) { return unjudged(fmt::format("it cannot run on sample data: {}", error.what())); }
  }

 private:
  double accepted() const { return part_of_error * config_.budget.limit; }
  double error_of(const Outputs& got) const { return config_.budget.error(wanted_, got); }
  bool rounds(size_t node, uint32_t candidate) const {
    return tactics::rounds(found_.nodes[node].request, found_.nodes[node].candidates[candidate]);
  }
  bool any_rounds() const {
    for (size_t i = 0; i < found_.nodes.size(); ++i)
      if (rounds(i, free_.chosen[i])) return true;
    return false;
  }
  /// Nodes that only hand on what they get round nothing that was not rounded before.
  bool follows(size_t node) const {
    const Op& op = found_.nodes[node].request.op;
    return found_.nodes[node].candidates[free_.chosen[node]].tactic == nullptr or op.has(Trait::moves_data) or op.has(Trait::view);
  }
  bool has_random() const {
    return std::ranges::any_of(found_.nodes, [](const tactics::NodeCandidates& node) { return node.request.op.has(Trait::random); });
  }

  Assignment judge() {
    exact_ = assign_with(std::vector<bool>(found_.nodes.size(), true));
    take_samples();
    exact_outputs_ = rehearse(exact_.chosen, inputs_.size());
    wanted_ = config_.budget.exact != nullptr ? *config_.budget.exact : exact_outputs_;
    const Outputs got = rehearse(free_.chosen, inputs_.size());
    const double error = error_of(got);
    if (std::isnan(error)) return unjudged("its outputs on sample data are zero or not finite");
    Assignment judged = tried(free_, got, 0);
    judged.tries = tries_;
    if (error <= accepted() or rounding_.empty()) return judged;
    free_cosine_error_ = 1 - judged.cosine;
    return improve(error);
  }

  void take_samples() {
    if (config_.samples) {
      inputs_ = samples_of(config_.samples, input_infos(), config_.budget.exact != nullptr ? config_.budget.exact->size() : most_samples);
      if (inputs_.empty()) fail("there are no sample inputs");
    } else {
      for (uint64_t seed = 1; seed <= made_up_samples; ++seed) inputs_.push_back(sample_inputs(graph_, seed));
    }
  }

  std::vector<TensorInfo> input_infos() const {
    std::vector<TensorInfo> infos;
    for (const ValueId input : graph_.inputs()) {
      const Value& value = graph_.value(input);
      const Dims dims = value.type.shape.dims();
      infos.push_back({.name = value.name,
                       .dtype = value.type.dtype,
                       .dims = dims,
                       .format = tactics::plain_format(value.type).text(),
                       .bytes = static_cast<size_t>(element_count(dims)) * byte_size(value.type.dtype)});
    }
    return infos;
  }

  /// Notes what an assignment with so many exact nodes gave.
  Assignment tried(Assignment made, const Outputs& got, size_t kept_exact) {
    const double cosine_lost = cosine_error(wanted_, got);
    made.cosine = std::isnan(cosine_lost) ? -1 : 1 - cosine_lost;
    made.error = error_of(got);
    made.kept_exact = kept_exact;
    tries_.push_back({made.seconds, made.error, kept_exact});
    return made;
  }

  Assignment unjudged(std::string_view reason) const {
    log(Severity::info, fmt::format("precision: not compared with exact outputs: {}", reason));
    return free_;
  }
  void log(Severity severity, const std::string& message) const {
    if (config_.logger) config_.logger(severity, message);
  }

  Assignment assign_with(std::vector<bool> exact) const {
    tactics::AssignConfig config = config_.assign;
    config.exact = std::move(exact);
    return tactics::assign(graph_, found_, config);
  }

  /// The outputs of the first `count` samples. What the kernels packed serves the next rehearsals too, once there will be many.
  Outputs rehearse(const std::vector<uint32_t>& chosen, size_t count) {
    ++rehearsals_;
    Assignment assignment;  // inputs and outputs in their own formats, whatever the application asked for
    assignment.chosen = chosen;
    engine::EngineData data;
    data.plans.push_back(plan::make(graph_, found_, assignment));
    data.artifacts = artifacts_;
    const Engine engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{}, true));
    if (keeps_artifacts_) artifacts_ = engine.data().artifacts;
    Session session(engine);
    Outputs outputs;
    for (size_t i = 0; i < count; ++i) outputs.push_back(session.run(inputs_[i]));
    return outputs;
  }

  /// Whether all tensors that `node` reads were made by nodes that round.
  bool reads_rounded(size_t node, const std::vector<bool>& rounded) const {
    const Node& read = graph_.node(found_.nodes[node].node);
    return std::ranges::all_of(read.inputs, [&](ValueId input) {
      if (not input or graph_.value(input).constant != nullptr or not is_floating(graph_.type(input).dtype)) return true;
      const NodeId producer = graph_.value(input).producer;
      return producer.valid() and rounded[producers_[producer.index]];
    });
  }

  /// The error of the first sample where, of the nodes that round, [first, last) alone do.
  double error_of_run(size_t first, size_t last) {
    std::vector<bool> rounded(found_.nodes.size(), false);
    for (size_t i = first; i < last; ++i) rounded[rounding_[i]] = true;
    std::vector<uint32_t> chosen = free_.chosen;
    for (size_t node = 0; node < chosen.size(); ++node) {
      if (not rounds(node, chosen[node])) continue;
      if (follows(node)) rounded[node] = reads_rounded(node, rounded);
      if (not rounded[node]) chosen[node] = exact_.chosen[node];
    }
    const double error = cosine_error(wanted_, rehearse(chosen, 1));
    return std::isnan(error) ? 0 : std::max(0.0, error - cosine_error(wanted_, exact_outputs_));
  }

  Run measured(size_t first, size_t last) {
    Run run{first, last, error_of_run(first, last), 0};
    for (size_t i = first; i < last; ++i) {
      const tactics::NodeCandidates& node = found_.nodes[rounding_[i]];
      run.saved += tactics::cost_of(found_, node.candidates[exact_.chosen[rounding_[i]]]) -
                   tactics::cost_of(found_, node.candidates[free_.chosen[rounding_[i]]]);
    }
    return run;
  }

  std::vector<Run> contributions() {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<Run> runs;
    const size_t count = std::min(first_runs, rounding_.size());
    for (size_t i = 0; i < count; ++i) runs.push_back(measured(rounding_.size() * i / count, rounding_.size() * (i + 1) / count));
    while (rehearsals_ + 2 <= most_rehearsals and seconds_since(begin) < most_seconds) {
      const auto worst = std::ranges::max_element(runs, {}, [](const Run& run) { return run.size() > 1 ? run.error : -1; });
      if (worst == runs.end() or worst->size() < 2 or worst->error < negligible * free_cosine_error_) break;
      const Run whole = *worst;
      *worst = measured(whole.first, whole.first + whole.size() / 2);
      runs.push_back(measured(whole.first + whole.size() / 2, whole.last));
    }
    return runs;
  }

  /// The global choice with these runs exact, tried on all samples.
  Assignment with_exact(std::span<const Run> runs) {
    std::vector<bool> exact(found_.nodes.size(), false);
    for (const Run& run : runs)
      for (size_t i = run.first; i < run.last; ++i) exact[rounding_[i]] = true;
    const auto kept = static_cast<size_t>(std::ranges::count(exact, true));
    Assignment made = assign_with(std::move(exact));
    const Outputs got = rehearse(made.chosen, inputs_.size());
    return tried(std::move(made), got, kept);
  }

  /// Makes as few runs exact as it takes, first those whose rounding costs most error for each second it saves.
  Assignment improve(double error) {
    keeps_artifacts_ = true;
    std::vector<Run> runs = contributions();
    std::ranges::sort(runs, std::ranges::greater(), [](const Run& run) { return run.error / std::max(run.saved, shortest); });
    Assignment best = tried(exact_, exact_outputs_, rounding_.size());
    for (size_t too_few = 0, enough = runs.size(); enough - too_few > 1;) {
      const size_t count = (too_few + enough) / 2;
      Assignment made = with_exact(std::span(runs).first(count));
      const bool good = made.error <= accepted();
      (good ? enough : too_few) = count;
      if (good and made.seconds < best.seconds) best = std::move(made);
    }
    best.tries = tries_;
    for (const Run& run : runs) best.sensitivity.push_back({name_at(run.first), name_at(run.last - 1), run.size(), run.error, run.saved});
    return told(std::move(best), error);
  }
  const std::string& name_at(size_t rounding) const { return graph_.node(found_.nodes[rounding_[rounding]].node).name; }

  Assignment told(Assignment made, double error) const {
    log(Severity::info,
        fmt::format("precision: {} of {} nodes stay exact: error {:.3g} instead of {:.3g} for {} on sample data, expected {:.3f} ms "
                    "instead of {:.3f} (all exact: {:.3f}); {} rehearsals",
                    made.kept_exact, rounding_.size(), made.error, error, config_.budget.text, 1e3 * made.seconds, 1e3 * free_.seconds,
                    1e3 * exact_.seconds, rehearsals_));
    return made;
  }

  const Graph& graph_;
  const CandidateSet& found_;
  const Assignment& free_;
  const PrecisionGuardConfig& config_;
  std::vector<size_t> producers_;  // by graph node: its place in the set
  std::vector<size_t> rounding_;   // nodes of the set that round where they may
  Assignment exact_;
  std::vector<std::vector<Tensor>> inputs_;  // of each sample
  Outputs exact_outputs_;                    // where nothing rounds that need not
  Outputs wanted_;                           // what the application takes for right
  double free_cosine_error_ = 0;
  std::vector<tactics::PrecisionTry> tries_;
  size_t rehearsals_ = 0;
  std::map<Hash128, Tensor> artifacts_;
  bool keeps_artifacts_ = false;
};

}  // namespace

tactics::Assignment guard_precision(const Graph& graph, const tactics::CandidateSet& found, tactics::Assignment chosen,
                                    const PrecisionGuardConfig& config) {
  return Guard(graph, found, chosen, config).run();
}

}  // namespace burnish
