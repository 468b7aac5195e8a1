// What is timed, in which order, and when it is enough; then what measuring told about the estimates of the rest.
#include "tactics/timing.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>

#include "base/concurrent.h"
#include "base/error.h"
#include "base/median.h"
#include "base/parallel.h"
#include "ir/text.h"
#include "tactics/pbqp.h"
#include "tactics/stopwatch.h"

namespace burnish::tactics {
namespace {

/// A candidate this much slower than the best is not worth more bundles.
constexpr double give_up_factor = 1.3;

/// What `--builderOptimizationLevel` buys: how many candidates of a request are timed, and how far above the best one's its estimate may be.
struct Budget {
  int candidates;
  double estimate_factor;
  int of_each_tactic;  // so many of every tactic, also where those of another have better estimates: tactics estimate in their own ways
};

Budget budget_of(const TimingConfig& config) {
  constexpr std::array<Budget, 6> by_level{{{0, 0, 0}, {2, 2, 0}, {3, 3, 0}, {6, 4, 3}, {12, 8, 4}, {INT32_MAX, infinite_cost, 0}}};
  Budget budget = by_level.at(static_cast<size_t>(std::clamp(config.level, 0, 5)));
  if (config.max_tactics >= 0 and config.level > 0) {
    budget.candidates = config.max_tactics;
    budget.of_each_tactic = 0;
  }
  return budget;
}

/// Kernels that are only timed pack their weights and forget them.
class ThrowawayContext final : public BuildContext {
 public:
  explicit ThrowawayContext(int threads) : threads_(threads) {}
  int threads() const override { return threads_; }
  Tensor artifact(const Hash128& /*key*/, const std::function<Tensor()>& make) override { return make(); }
  Hash128 hash_of_constant(const std::shared_ptr<const Tensor>& constant) override {
    const std::lock_guard lock(mutex_);
    const auto [place, added] = hashes_.try_emplace(constant);
    if (added) place->second = content_hash(*constant);
    return place->second;
  }

 private:
  int threads_;
  std::mutex mutex_;
  std::map<std::shared_ptr<const Tensor>, Hash128> hashes_;
};

bool was_measured(const Candidate& candidate) { return candidate.seconds >= 0 and candidate.seconds < infinite_cost; }

/// Whether each run of the network finds its weights driven out of the device's cache by the run before.
bool weights_exceed_cache(const CandidateSet& set) {
  if (set.backend->device() == nullptr) return false;
  std::map<const Tensor*, int64_t> bytes;
  const bool halved = std::ranges::any_of(set.target.permitted, [](DType type) { return byte_size(type) == 2; });
  for (const NodeCandidates& node : set.nodes)
    for (const Operand& input : node.request.inputs)
      if (input.constant != nullptr) bytes[input.constant.get()] = static_cast<int64_t>(input.constant->bytes()) / (halved ? 2 : 1);
  int64_t all = 0;
  for (const auto& [constant, size] : bytes) all += size;
  return all > 2 * set.backend->device()->cache_bytes();  // of fewer, a part survives
}

class Measurer {
 public:
  Measurer(CandidateSet& set, const TimingConfig& config)
      : set_(set),
        config_(config),
        budget_(budget_of(config)),
        cold_(weights_exceed_cache(set)),
        stopwatch_(*set.backend, cold_),
        context_(set.target.threads) {}

  TimingReport run() {
    const auto begin = std::chrono::steady_clock::now();
    const ThreadCountScope threads(set_.target.threads);
    const std::vector<std::vector<size_t>> groups = equal_requests();
    report_.requests = set_.nodes.size();
    report_.distinct = groups.size();
    if (config_.level > 0) {
      for (size_t i = 0; i < groups.size(); ++i) {
        tell_progress(i, groups.size());
        if (set_.backend->device() != nullptr and i % groups_built_ahead == 0) build_ahead(groups, i);
        measure_group(groups[i]);
      }
      ahead_.clear();
      tell_progress(groups.size(), groups.size());
      correct_estimates(groups);
    }
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return report_;
  }

 private:
  std::vector<std::vector<size_t>> equal_requests() const {
    std::map<Hash128, size_t> group_of;
    std::vector<std::vector<size_t>> groups;
    for (size_t i = 0; i < set_.nodes.size(); ++i) {
      const auto [place, added] = group_of.try_emplace(set_.nodes[i].request_hash, groups.size());
      if (added) groups.emplace_back();
      groups[place->second].push_back(i);
    }
    return groups;
  }

  void tell_progress(size_t done, size_t total) const {
    if (config_.progress and not config_.progress("timing", done, total)) fail("the build was stopped while timing tactics");
  }

  void log(Severity severity, const std::string& message) const {
    if (config_.logger) config_.logger(severity, message);
  }

  void measure_group(const std::vector<size_t>& group) {
    NodeCandidates& first = set_.nodes[group.front()];
    measure_node(first);
    for (size_t i = 1; i < group.size(); ++i) share(first, set_.nodes[group[i]]);
    for (const size_t i : group) fall_back(set_.nodes[i]);
  }

  /// The candidates worth a measurement, the most promising first; none where there is nothing to choose.
  std::vector<size_t> promising(const NodeCandidates& node) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < node.candidates.size(); ++i)
      if (node.candidates[i].tactic != nullptr and node.candidates[i].tactic != set_.fallback) order.push_back(i);
    std::ranges::stable_sort(order, {}, [&](size_t i) { return node.candidates[i].variant.estimate; });
    return node.candidates.size() < 2 ? std::vector<size_t>{} : order;
  }

  /// Candidates of one request that were timed.
  struct Spent {
    int all = 0;
    std::map<const Tactic*, int> of_tactic;
  };
  /// Counts the candidate where the budget still allows it.
  bool allows(Spent& spent, const Candidate& candidate) const {
    int& of_tactic = spent.of_tactic[candidate.tactic];
    if (spent.all >= budget_.candidates and of_tactic >= budget_.of_each_tactic) return false;
    ++spent.all;
    ++of_tactic;
    return true;
  }

  /// Kernels for a device are compiled, which takes the host's cores: those of the next few groups are built together. They are still timed
  /// one at a time.
  void build_ahead(const std::vector<std::vector<size_t>>& groups, size_t first) {
    ahead_.clear();
    std::vector<std::pair<const NodeCandidates*, const Candidate*>> wanted;
    for (size_t i = first; i < std::min(first + groups_built_ahead, groups.size()); ++i) {
      const NodeCandidates& node = set_.nodes[groups[i].front()];
      Spent spent;
      for (const size_t candidate : promising(node))
        if (allows(spent, node.candidates[candidate]) and not is_known(node, node.candidates[candidate]))
          wanted.emplace_back(&node, &node.candidates[candidate]);
    }
    for (const auto& [node, candidate] : wanted) ahead_[candidate];
    run_concurrently(wanted.size(), [&](size_t i) {
      Built& built = ahead_.at(wanted[i].second);
      try {
        built.kernel = wanted[i].second->tactic->build(context_, wanted[i].first->request, wanted[i].second->variant);
      } catch (const std::exception& error) { built.fault = error.what(); }
    });
  }

  bool is_known(const NodeCandidates& node, const Candidate& candidate) const {
    return config_.cache != nullptr and config_.cache->find(key_of(text_of(node.request_hash), candidate)).has_value();
  }

  TimingKey key_of(const std::string& hash, const Candidate& candidate) const {
    return {hash, std::string(candidate.tactic->id()), candidate.tactic->revision(), candidate.variant.text(),
            set_.target.device + (cold_ ? "; weights from memory" : "")};
  }

  std::unique_ptr<Kernel> take_kernel(const OpRequest& request, const Candidate& candidate) {
    const auto found = ahead_.find(&candidate);
    if (found == ahead_.end()) return candidate.tactic->build(context_, request, candidate.variant);
    if (not found->second.fault.empty()) throw Error(found->second.fault);
    return std::move(found->second.kernel);
  }

  void measure_node(NodeCandidates& node) {
    const std::string request = text_of(node.request_hash);
    Spent spent;
    double best = infinite_cost;
    double best_estimate = 0;
    for (const size_t i : promising(node)) {
      Candidate& candidate = node.candidates[i];
      if (candidate.variant.estimate > budget_.estimate_factor * std::max(best, best_estimate)) {
        candidate.note = "not timed: its estimate is far above the best time";
      } else if (Spent before = spent; not allows(spent, candidate)) {
        candidate.note = fmt::format("not timed: {} others have better estimates", spent.all);
      } else {
        find_or_time(node.request, request, candidate, give_up_factor * best);
        if (not was_measured(candidate)) {
          spent = std::move(before);
          continue;
        }
        if (candidate.seconds < best) {
          best = candidate.seconds;
          best_estimate = candidate.variant.estimate;
        }
      }
    }
  }

  void find_or_time(const OpRequest& request, const std::string& hash, Candidate& candidate, double give_up_above) {
    TimingKey key = key_of(hash, candidate);
    if (const auto known = config_.cache != nullptr ? config_.cache->find(key) : std::nullopt) {
      candidate.seconds = *known;
      ++report_.from_cache;
      return;
    }
    if (config_.error_on_miss) fail("the timing cache has no time for {} {} on {}", key.tactic, key.variant, request.op.text());
    time(request, candidate, give_up_above);
    if (was_measured(candidate) and config_.cache != nullptr) config_.cache->insert(std::move(key), candidate.seconds);
  }

  void time(const OpRequest& request, Candidate& candidate, double give_up_above) {
    const std::string name = fmt::format("{} {}", candidate.tactic->id(), candidate.variant.text());
    try {
      const std::unique_ptr<Kernel> kernel = take_kernel(request, candidate);
      candidate.seconds = stopwatch_.time(request, candidate.variant, *kernel, config_.average, give_up_above);
      ++report_.timed;
      log(Severity::verbose,
          fmt::format("timed {}: {:.4f} ms (estimate {:.4f} ms)", name, candidate.seconds * 1e3, candidate.variant.estimate * 1e3));
    } catch (const std::exception& error) {
      candidate.seconds = infinite_cost;
      candidate.note = fmt::format("failed: {}", error.what());
      ++report_.failed;
      log(Severity::verbose, fmt::format("{} {}", name, candidate.note));
    }
  }

  static void share(const NodeCandidates& from, NodeCandidates& to) {
    for (Candidate& candidate : to.candidates) {
      const auto same = std::ranges::find_if(from.candidates, [&](const Candidate& known) {
        return known.tactic == candidate.tactic and known.variant.alias == candidate.variant.alias and
               known.variant.text() == candidate.variant.text();
      });
      if (same == from.candidates.end()) continue;
      candidate.seconds = same->seconds;
      candidate.note = same->note;
    }
  }

  /// Where every candidate failed, the reference steps in.
  void fall_back(NodeCandidates& node) {
    const bool usable = std::ranges::any_of(node.candidates, [](const Candidate& candidate) { return candidate.seconds != infinite_cost; });
    if (usable or set_.fallback == nullptr or not set_.fallback->supports(node.request)) return;
    VariantSink sink;
    set_.fallback->variants(node.request, sink);
    for (Variant& variant : sink.variants) {
      Candidate candidate;
      candidate.tactic = set_.fallback;
      candidate.variant = std::move(variant);
      candidate.note = "the last resort: everything else failed";
      node.candidates.push_back(std::move(candidate));
    }
    log(Severity::warning, fmt::format("{}: every tactic failed; it runs by reference, which is slow", node.request.op.name()));
  }

  /// What was not measured costs its estimate times the usual ratio of measured to estimated seconds of its tactic, and never less than
  /// the best that was measured for the same request.
  void correct_estimates(const std::vector<std::vector<size_t>>& groups) {
    std::map<const Tactic*, std::vector<double>> ratios;
    std::vector<double> all;
    for (const std::vector<size_t>& group : groups)
      for (const Candidate& candidate : set_.nodes[group.front()].candidates) {
        if (not was_measured(candidate) or candidate.variant.estimate <= 0) continue;
        ratios[candidate.tactic].push_back(candidate.seconds / candidate.variant.estimate);
        all.push_back(ratios[candidate.tactic].back());
      }
    if (all.empty()) return;
    std::map<const Tactic*, double> usual;
    for (const auto& [tactic, values] : ratios) usual.emplace(tactic, median(values));
    const double overall = median(all);
    for (NodeCandidates& node : set_.nodes) {
      double least = 0;
      for (const Candidate& candidate : node.candidates)
        if (candidate.tactic != nullptr and was_measured(candidate))
          least = least == 0 ? candidate.seconds : std::min(least, candidate.seconds);
      for (Candidate& candidate : node.candidates) {
        if (candidate.tactic == nullptr or candidate.tactic == set_.fallback or candidate.seconds >= 0) continue;
        const auto known = usual.find(candidate.tactic);
        candidate.expected = std::max(least, candidate.variant.estimate * (known == usual.end() ? overall : known->second));
      }
    }
  }

  struct Built {
    std::unique_ptr<Kernel> kernel;
    std::string fault;
  };
  static constexpr size_t groups_built_ahead = 16;

  CandidateSet& set_;
  const TimingConfig& config_;
  Budget budget_;
  std::map<const Candidate*, Built> ahead_;
  bool cold_;
  Stopwatch stopwatch_;
  ThrowawayContext context_;
  TimingReport report_;
};

}  // namespace

TimingReport measure(CandidateSet& set, const TimingConfig& config) { return Measurer(set, config).run(); }

double time_kernel(const Backend& backend, const OpRequest& request, const Variant& variant, const Kernel& kernel, int bundles,
                   double give_up_above) {
  return Stopwatch(backend).time(request, variant, kernel, bundles, give_up_above);
}

}  // namespace burnish::tactics
