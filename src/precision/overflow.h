// Keeps float16 from numbers that it does not hold: a float32 network is run once on sample data, and where a tensor comes near the end of
// float16's range, the nodes around it lose their candidates that store it so. Called by the build for devices, whose candidates store
// halves, before the global choice. It judges magnitudes alone: what rounding does is no business of its. What a run told may be remembered in a
// timing cache; then a network is run once, not in every build.
#pragma once

#include <optional>
#include <string>

#include "burnish/engine.h"
#include "burnish/logger.h"
#include "tactics/candidates.h"
#include "tactics/timing_cache.h"

namespace burnish {

struct OverflowConfig {
  std::string backend;                    // runs the float32 network
  int threads = 0;                        // 0: all cores
  double most_seconds = 5;                // of one run by the backend's estimates; networks that take longer are not run
  tactics::TimingCache* cache = nullptr;  // read and filled where given
  Logger logger;
};

/// Removes candidates of `found`, and says why in their nodes. Returns the number of nodes that lost some; nothing where the network was not run.
std::optional<size_t> keep_from_overflow(const Graph& graph, tactics::CandidateSet& found, const OverflowConfig& config);

/// Whether all that an engine of this graph gives on sample data is finite: what can be looked at where the network could not be run in float32.
bool gives_numbers(const Engine& engine, const Graph& graph);

}  // namespace burnish
