#include "precision/layer_search.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <span>

namespace burnish {
namespace {

constexpr size_t first_runs = 8;
/// Runs that contribute less than this part of all errors are not looked into.
constexpr double negligible = 0.02;
/// Seconds; what saves less counts as saving this much.
constexpr double shortest = 1e-7;

class Searcher {
 public:
  explicit Searcher(const LayerSearch& search) : search_(search) {
    for (size_t i = 0; i < search.saved.size(); ++i)
      if (search.saved[i] > 0) layers_.push_back(i);
  }

  LayerChoice run() {
    Reduced all = none();
    for (const size_t layer : layers_) all[layer] = true;
    if (layers_.empty() or try_it(all)) return std::move(made_);
    std::vector<Run> runs = contributions();
    std::ranges::sort(runs, std::ranges::greater(), [](const Run& run) { return run.error / std::max(run.saved, shortest); });
    for (size_t too_few = 0, enough = runs.size(); enough - too_few > 1;) {
      const size_t count = (too_few + enough) / 2;
      Reduced tried = all;
      for (const Run& run : std::span(runs).first(count))
        for (size_t i = run.first; i < run.last; ++i) tried[layers_[i]] = false;
      (try_it(tried) ? enough : too_few) = count;
    }
    for (const Run& run : runs) made_.runs.push_back({layers_[run.first], layers_[run.last - 1] + 1, run.error, run.saved});
    if (made_.reduced.empty()) made_.reduced = none();
    return std::move(made_);
  }

 private:
  /// Places in `layers_`.
  struct Run {
    size_t first = 0, last = 0;
    double error = 0, saved = 0;
    size_t size() const { return last - first; }
  };

  Reduced none() const { return Reduced(search_.saved.size(), false); }

  double saved_by(const Reduced& reduced) const {
    double saved = 0;
    for (size_t i = 0; i < reduced.size(); ++i) saved += reduced[i] ? search_.saved[i] : 0;
    return saved;
  }

  /// Takes it where it holds and saves more than what was taken before.
  bool try_it(const Reduced& reduced) {
    const double error = search_.error(reduced), saved = saved_by(reduced);
    made_.tries.push_back({saved, error, static_cast<size_t>(std::ranges::count(reduced, true))});
    const bool holds = error <= search_.accepted;
    if (holds and (made_.reduced.empty() or saved > saved_by(made_.reduced))) {
      made_.reduced = reduced;
      made_.error = error;
    }
    return holds;
  }

  Run measured(size_t first, size_t last) {
    ++tries_;
    Reduced reduced = none();
    Run run{first, last, 0, 0};
    for (size_t i = first; i < last; ++i) {
      reduced[layers_[i]] = true;
      run.saved += search_.saved[layers_[i]];
    }
    run.error = search_.sensitivity(reduced);
    return run;
  }

  std::vector<Run> contributions() {
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    std::vector<Run> runs;
    const size_t count = std::min(first_runs, layers_.size());
    for (size_t i = 0; i < count; ++i) runs.push_back(measured(layers_.size() * i / count, layers_.size() * (i + 1) / count));
    const double total = std::accumulate(runs.begin(), runs.end(), 0.0, [](double sum, const Run& run) { return sum + run.error; });
    while (tries_ + 2 <= search_.most_tries and seconds() < search_.most_seconds) {
      const auto worst = std::ranges::max_element(runs, {}, [](const Run& run) { return run.size() > 1 ? run.error : -1; });
      if (worst == runs.end() or worst->size() < 2 or worst->error < negligible * total) break;
      const Run whole = *worst;
      *worst = measured(whole.first, whole.first + whole.size() / 2);
      runs.push_back(measured(whole.first + whole.size() / 2, whole.last));
    }
    return runs;
  }

  const LayerSearch& search_;
  std::vector<size_t> layers_;  // that could save time
  LayerChoice made_;
  size_t tries_ = 0;
};

}  // namespace

LayerChoice search_layers(const LayerSearch& search) {
  LayerChoice choice = Searcher(search).run();
  if (choice.reduced.empty()) choice.reduced = Reduced(search.saved.size(), false);
  return choice;
}

}  // namespace burnish
