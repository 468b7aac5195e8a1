// Sums are taken over sorted values, so that the same times give the same summary in whatever order threads delivered them.
#include "cli/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace burnish::cli {

double percentile_of(std::span<const double> sorted, double percent) {
  BURNISH_CHECK(not sorted.empty());
  const auto count = static_cast<double>(sorted.size());
  // 90 % of 10 values are 9, although 0.9 * 10 may round to a little more.
  const double rank = std::ceil(percent * count / 100 - 1e-9);
  return sorted[static_cast<size_t>(std::clamp(rank, 1.0, count)) - 1];
}

double median_of(std::span<const double> sorted) {
  BURNISH_CHECK(not sorted.empty());
  const size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

Summary summarize(std::vector<double> values, std::span<const double> percents) {
  BURNISH_CHECK(not values.empty());
  std::sort(values.begin(), values.end());
  Summary made;
  made.min = values.front();
  made.max = values.back();
  made.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  made.median = median_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - made.mean) * (value - made.mean);
  made.variation = made.mean > 0 ? std::sqrt(squares / static_cast<double>(values.size())) / made.mean : 0;
  for (const double percent : percents) made.percentiles.push_back(percentile_of(values, percent));
  return made;
}

}  // namespace burnish::cli
