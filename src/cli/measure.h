// The measuring loop: warms up, then runs each session on a thread of its own until time and count are reached.
// trtexec and `burnish bench` call it. It prints nothing and keeps every query's times.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "cli/bound_session.h"
#include "cli/statistics.h"

namespace burnish::cli {

struct MeasureConfig {
  double warm_up_ms = 200;
  double duration_s = 3;       // -1: until interrupted
  int64_t iterations = 10;     // at least so many for each session
  double sleep_ms = 0;         // between the call and the computation
  double idle_ms = 0;          // between two queries
  bool transfers = true;       // to and from a GPU, with every query
  std::function<bool()> stop;  // asked between queries
};

struct Measured {
  std::vector<QueryTime> queries;  // in order of their begin
  size_t warm_up_queries = 0;
  double warm_up_ms = 0;
  double wall_ms = 0;
  std::vector<std::vector<double>> steps;  // by query, seconds of each step; only of `profile`
};

/// Throws Error where a query fails.
Measured measure(std::span<BoundSession> sessions, const MeasureConfig& config);
/// The same on one session, with the time of every step.
Measured profile(BoundSession& session, const MeasureConfig& config);

}  // namespace burnish::cli
