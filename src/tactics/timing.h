// Measures candidates: equal requests once, the most promising first, hopeless ones cut short, within a budget.
// Each is warmed up, run in bundles on random finite data, and given the mean of the middle half; on the host those that may win are timed twice, a
// little apart, and the lesser time counts. A candidate that fails to build becomes a note, not an error. Level 0 measures nothing and leaves the estimates.
#pragma once

#include "burnish/logger.h"
#include "tactics/candidates.h"
#include "tactics/reformat.h"
#include "tactics/timing_cache.h"

namespace burnish::tactics {

struct TimingConfig {
  int level = 3;                 // --builderOptimizationLevel, 0 to 5
  int average = 8;               // --avgTiming: bundles
  int max_tactics = -1;          // --maxTactics: candidates timed for each request; -1 by level
  TimingCache* cache = nullptr;  // read and filled where given
  bool error_on_miss = false;    // --errorOnTimingCacheMiss
  Logger logger;
  Progress progress;
};

struct TimingReport {
  size_t requests = 0, distinct = 0, timed = 0, from_cache = 0, failed = 0;
  double seconds = 0;
};

/// Fills `Candidate::seconds`; what stays negative is costed by its estimate, scaled by what measuring told about estimates.
TimingReport measure(CandidateSet& set, const TimingConfig& config);

/// Times one built kernel on fresh buffers of random finite data.
double time_kernel(const Backend& backend, const OpRequest& request, const Variant& variant, const Kernel& kernel, int bundles,
                   double give_up_above);

}  // namespace burnish::tactics
