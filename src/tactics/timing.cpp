// What is timed, in which order, and when it is enough; then what measuring told about the estimates of the rest.
#include "tactics/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>

#include "base/concurrent.h"
#include "base/error.h"
#include "base/median.h"
#include "base/parallel.h"
#include "ir/text.h"
#include "tactics/pbqp.h"
#include "tactics/stopwatch.h"
#include "tactics/timing_race.h"

namespace burnish::tactics {
namespace {

/// A candidate this much slower than the best is not worth more bundles.
constexpr double give_up_factor = 1.3;
/// On the host, one that seemed this much slower is timed again.
constexpr double second_chance_factor = 3;

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
        budget_(timing_budget(config)),
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
      remember_refusals();
      tell_progress(groups.size(), groups.size());
      correct_estimates(groups);
    }
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return report_;
  }

 private:
  struct Timed {
    Candidate* candidate = nullptr;
    TimingKey key;
    std::unique_ptr<Kernel> kernel;  // where it may be timed again
  };

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
    const size_t refused_before = refused_.size();
    measure_node(first);
    // Where nothing could be built, something may be wrong that will not stay so.
    if (std::ranges::none_of(first.candidates, was_measured)) refused_.resize(refused_before);
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

  /// Kernels for a device are compiled, which takes the host's cores: those of the next few groups are built together. They are still timed
  /// one at a time.
  void build_ahead(const std::vector<std::vector<size_t>>& groups, size_t first) {
    ahead_.clear();
    std::vector<std::pair<const NodeCandidates*, const Candidate*>> wanted;
    for (size_t i = first; i < std::min(first + groups_built_ahead, groups.size()); ++i) {
      const NodeCandidates& node = set_.nodes[groups[i].front()];
      for (const Candidate* candidate : not_in_cache(node)) wanted.emplace_back(&node, candidate);
    }
    for (const auto& [node, candidate] : wanted) ahead_[candidate];
    run_concurrently(wanted.size(), [&](size_t i) {
      Built& built = ahead_.at(wanted[i].second);
      try {
        built.kernel = wanted[i].second->tactic->build(context_, wanted[i].first->request, wanted[i].second->variant);
      } catch (const Error& error) { built.fault = error; } catch (const std::exception& error) {
        built.fault = Error(error.what(), StatusCode::internal);
      }
    });
  }

  /// The candidates of a node that will be timed, as far as the cache can tell: what it knows decides about the others as measuring would.
  std::vector<const Candidate*> not_in_cache(const NodeCandidates& node) const {
    const std::string request = text_of(node.request_hash);
    std::vector<const Candidate*> wanted;
    TimingRace race(budget_);
    for (const size_t i : promising(node)) {
      const Candidate& candidate = node.candidates[i];
      if (race.is_hopeless(candidate) or race.is_beyond_budget(candidate)) continue;
      const TimingKey key = key_of(request, candidate);
      if (refusal_of(key)) continue;
      const std::optional<double> known = time_of(key);
      if (not known) wanted.push_back(&candidate);
      race.finish(candidate, known.value_or(infinite_cost));
    }
    return wanted;
  }

  std::optional<double> time_of(const TimingKey& key) const { return config_.cache == nullptr ? std::nullopt : config_.cache->find(key); }
  std::optional<std::string> refusal_of(const TimingKey& key) const {
    return config_.cache == nullptr ? std::nullopt : config_.cache->find_refusal(key);
  }

  TimingKey key_of(const std::string& hash, const Candidate& candidate) const {
    return {hash, std::string(candidate.tactic->id()), candidate.tactic->revision(), candidate.variant.text(),
            set_.target.device + (cold_ ? "; weights from memory" : "")};
  }

  std::unique_ptr<Kernel> take_kernel(const OpRequest& request, const Candidate& candidate) {
    const auto found = ahead_.find(&candidate);
    if (found == ahead_.end()) return candidate.tactic->build(context_, request, candidate.variant);
    if (found->second.fault) throw *found->second.fault;
    return std::move(found->second.kernel);
  }

  void measure_node(NodeCandidates& node) {
    const std::string request = text_of(node.request_hash);
    TimingRace race(budget_);
    for (const size_t i : promising(node)) {
      Candidate& candidate = node.candidates[i];
      if (race.is_hopeless(candidate)) {
        candidate.note = "not timed: its estimate is far above the best time";
      } else if (race.is_beyond_budget(candidate)) {
        candidate.note = fmt::format("not timed: {} others have better estimates", race.finished());
      } else {
        find_or_time(node.request, request, candidate, give_up_factor * race.best());
        if (was_measured(candidate)) race.finish(candidate, candidate.seconds);
      }
    }
    finish_timed(node.request, race.best());
  }

  /// Cores slow down for a while without telling: whoever was timed then gets a second chance, a little later. Devices keep their pace.
  void finish_timed(const OpRequest& request, double best) {
    for (Timed& timed : timed_) {
      Candidate& candidate = *timed.candidate;
      if (timed.kernel != nullptr and timed_.size() > 1 and candidate.seconds < second_chance_factor * best)
        time_again(request, timed, best);
      log(Severity::verbose, fmt::format("timed {} {}: {:.4f} ms (estimate {:.4f} ms)", candidate.tactic->id(), candidate.variant.text(),
                                         candidate.seconds * 1e3, candidate.variant.estimate * 1e3));
      if (was_measured(candidate) and config_.cache != nullptr) config_.cache->insert(std::move(timed.key), candidate.seconds);
    }
    timed_.clear();
  }

  void time_again(const OpRequest& request, const Timed& timed, double best) {
    Candidate& candidate = *timed.candidate;
    try {
      const double seconds = stopwatch_.time(request, candidate.variant, *timed.kernel, config_.average, give_up_factor * best);
      candidate.seconds = std::min(candidate.seconds, seconds);
    } catch (const std::exception& error) { note_failure(candidate, error.what()); }
  }

  void find_or_time(const OpRequest& request, const std::string& hash, Candidate& candidate, double give_up_above) {
    TimingKey key = key_of(hash, candidate);
    if (const std::optional<double> known = time_of(key)) {
      candidate.seconds = *known;
      ++report_.from_cache;
      return;
    }
    if (const std::optional<std::string> refusal = refusal_of(key)) {
      candidate.seconds = infinite_cost;
      candidate.note = fmt::format("failed before: {}", *refusal);
      ++report_.from_cache;
      return;
    }
    if (config_.error_on_miss) fail("the timing cache has no time for {} {} on {}", key.tactic, key.variant, request.op.text());
    time(request, std::move(key), candidate, give_up_above);
  }

  void time(const OpRequest& request, TimingKey key, Candidate& candidate, double give_up_above) {
    std::unique_ptr<Kernel> kernel;
    try {
      kernel = take_kernel(request, candidate);
      candidate.seconds = stopwatch_.time(request, candidate.variant, *kernel, config_.average, give_up_above);
      ++report_.timed;
      if (set_.backend->device() != nullptr) kernel.reset();
      timed_.push_back({&candidate, std::move(key), std::move(kernel)});
    } catch (const Error& error) {
      if (kernel == nullptr and error.code() == StatusCode::unsupported) refused_.emplace_back(key, error.message());
      note_failure(candidate, error.what());
    } catch (const std::exception& error) { note_failure(candidate, error.what()); }
  }

  void note_failure(Candidate& candidate, std::string_view reason) {
    candidate.seconds = infinite_cost;
    candidate.note = fmt::format("failed: {}", reason);
    ++report_.failed;
    log(Severity::verbose, fmt::format("{} {} {}", candidate.tactic->id(), candidate.variant.text(), candidate.note));
  }

  /// Libraries refuse everything once a device is lost, which is no reason to believe them the next time.
  void remember_refusals() {
    if (config_.cache == nullptr or refused_.empty() or not device_works()) return;
    for (auto& [key, reason] : refused_) config_.cache->insert_refusal(std::move(key), std::move(reason));
    refused_.clear();
  }

  bool device_works() const {
    const Device* device = set_.backend->device();
    if (device == nullptr) return true;
    try {
      constexpr int64_t bytes = 256;
      const DeviceStream stream(*device);
      const DeviceMemory memory(*device, bytes);
      return device->fill(memory.data(), 0, bytes, stream.handle()).is_ok() and device->synchronize(stream.handle()).is_ok();
    } catch (const Error&) { return false; }
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
    std::optional<Error> fault;
  };
  static constexpr size_t groups_built_ahead = 16;

  CandidateSet& set_;
  const TimingConfig& config_;
  TimingBudget budget_;
  std::map<const Candidate*, Built> ahead_;
  std::vector<Timed> timed_;                                // of one request
  std::vector<std::pair<TimingKey, std::string>> refused_;  // by libraries, when they were built
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
