// Which candidates of one request are timed: decided one after another, by what is known of those before. Kept by the measuring of candidates for
// each request; it times nothing.
#pragma once

#include <map>

#include "tactics/pbqp.h"
#include "tactics/timing.h"

namespace burnish::tactics {

/// What `--builderOptimizationLevel` buys: how many candidates of a request are timed, and how far above the best one's its estimate may be.
struct TimingBudget {
  int candidates;
  double estimate_factor;
  int of_each_tactic;  // so many of every tactic, also where those of another have better estimates: tactics estimate in their own ways
};
TimingBudget timing_budget(const TimingConfig& config);

class TimingRace {
 public:
  explicit TimingRace(const TimingBudget& budget) : budget_(budget) {}

  double best() const { return best_; }
  int finished() const { return all_; }
  /// Its estimate is far above the best time.
  bool is_hopeless(const Candidate& candidate) const;
  /// Others have better estimates.
  bool is_beyond_budget(const Candidate& candidate) const;
  void finish(const Candidate& candidate, double seconds);

 private:
  TimingBudget budget_;
  int all_ = 0;
  std::map<const Tactic*, int> of_tactic_;
  double best_ = infinite_cost;
  double best_estimate_ = 0;
};

}  // namespace burnish::tactics
