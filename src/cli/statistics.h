// The arithmetic of measurements: one query's times, and what a summary says of many.
// Filled by the measuring loop, read by summaries and exports. It never looks at a clock.
#pragma once

#include <span>
#include <vector>

namespace burnish::cli {

/// Milliseconds since measuring began.
struct Interval {
  double begin = 0, end = 0;
  double length() const { return end - begin; }
};

struct QueryTime {
  Interval enqueue, h2d, compute, d2h;
  double latency() const { return h2d.length() + compute.length() + d2h.length(); }
};

struct Summary {
  double min = 0, max = 0, mean = 0, median = 0;
  double variation = 0;             // standard deviation over mean
  std::vector<double> percentiles;  // as asked
};

/// The nearest-rank percentile: the least value that `percent` of all values do not exceed. `sorted` must not be empty.
double percentile_of(std::span<const double> sorted, double percent);
double median_of(std::span<const double> sorted);
/// Of at least one value.
Summary summarize(std::vector<double> values, std::span<const double> percents);

}  // namespace burnish::cli
