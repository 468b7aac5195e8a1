#include "tactics/timing_race.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace burnish::tactics {

TimingBudget timing_budget(const TimingConfig& config) {
  constexpr std::array<TimingBudget, 6> by_level{{{0, 0, 0}, {2, 2, 0}, {3, 3, 0}, {6, 4, 3}, {12, 8, 4}, {INT32_MAX, infinite_cost, 0}}};
  TimingBudget budget = by_level.at(static_cast<size_t>(std::clamp(config.level, 0, 5)));
  if (config.max_tactics >= 0 and config.level > 0) {
    budget.candidates = config.max_tactics;
    budget.of_each_tactic = 0;
  }
  return budget;
}

bool TimingRace::is_hopeless(const Candidate& candidate) const {
  return candidate.variant.estimate > budget_.estimate_factor * std::max(best_, best_estimate_);
}

bool TimingRace::is_beyond_budget(const Candidate& candidate) const {
  const auto of_tactic = of_tactic_.find(candidate.tactic);
  return all_ >= budget_.candidates and (of_tactic == of_tactic_.end() ? 0 : of_tactic->second) >= budget_.of_each_tactic;
}

void TimingRace::finish(const Candidate& candidate, double seconds) {
  ++all_;
  ++of_tactic_[candidate.tactic];
  if (seconds >= best_) return;
  best_ = seconds;
  best_estimate_ = candidate.variant.estimate;
}

}  // namespace burnish::tactics
