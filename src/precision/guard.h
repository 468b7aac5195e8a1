// Keeps permitted rounding from spoiling the outputs: an assignment that stores tensors in fewer bits is tried on sample data against one
// that does not, and where the outputs differ too much, the nodes that contribute most for the time they save become exact.
// Called by the build, after the first assignment. It knows no operator and no backend, and never measures time.
#pragma once

#include "burnish/accuracy.h"
#include "burnish/logger.h"
#include "precision/errors.h"
#include "tactics/assign.h"

namespace burnish {

struct PrecisionGuardConfig {
  AccuracyBudget budget = cosine_budget(0.999);
  SampleBatches samples = {};  // of the application; empty: made-up inputs
  tactics::AssignConfig assign;
  Logger logger;
};

/// `chosen` is what `assign` made of the same config. Returns it, or an assignment with fewer rounding nodes, with what was tried filled in.
/// Where the network cannot be judged (random operators, outputs that are not finite) the log says so, and `chosen` comes back.
tactics::Assignment guard_precision(const Graph& graph, const tactics::CandidateSet& found, tactics::Assignment chosen,
                                    const PrecisionGuardConfig& config);

}  // namespace burnish
