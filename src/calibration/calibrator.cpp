#include "calibration/calibrator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace burnish::calibration {
namespace {

constexpr std::array<std::string_view, 4> names{"minmax", "percentile", "entropy", "mse"};
constexpr size_t magnitude_bins = 2048;

Range clipped(const Range& range, double magnitude) { return {std::max(range.low, -magnitude), std::min(range.high, magnitude)}; }

double percentile_of(const Histogram& histogram, double percentile) {
  const std::vector<int64_t> counts = histogram.magnitudes(magnitude_bins);
  const double most = std::max(-histogram.range().low, histogram.range().high);
  const double wanted = static_cast<double>(histogram.total()) * percentile / 100;
  double seen = 0;
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    seen += static_cast<double>(counts[bin]);
    if (seen >= wanted) return most * static_cast<double>(bin + 1) / magnitude_bins;
  }
  return most;
}

/// The sum of squared errors where values are rounded to `levels` steps of [low, high] and clipped to it.
double squared_error(const Histogram& histogram, const Range& range, double levels) {
  const double step = (range.high - range.low) / levels;
  double error = 0;
  for (size_t bin = 0; bin < histogram.counts().size(); ++bin) {
    if (histogram.counts()[bin] == 0) continue;
    const double value = histogram.center(bin);
    const double rounded = std::clamp(std::nearbyint(value / step) * step, range.low, range.high);
    error += static_cast<double>(histogram.counts()[bin]) * (value - rounded) * (value - rounded);
  }
  return error;
}

Range least_squared_error(const Histogram& histogram) {
  constexpr int candidates = 100;
  const double most = std::max(-histogram.range().low, histogram.range().high);
  Range best = histogram.range();
  double least = std::numeric_limits<double>::infinity();
  for (int i = candidates; i >= 5; --i) {
    const Range range = clipped(histogram.range(), most * i / candidates);
    const double error = squared_error(histogram, range, 255);
    if (error < least) least = error, best = range;
  }
  return best;
}

/// The divergence of the histogram's first `kept` bins in `levels` levels from the same bins with all that was clipped in the last.
double divergence(std::span<const int64_t> counts, size_t kept, size_t levels, double clipped_mass) {
  double total = 0, kept_total = 0;
  for (size_t i = 0; i < kept; ++i) kept_total += static_cast<double>(counts[i]);
  total = kept_total + clipped_mass;
  if (kept_total == 0) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (size_t level = 0; level < levels; ++level) {
    const size_t begin = level * kept / levels;
    const size_t end = (level + 1) * kept / levels;
    double mass = 0, filled = 0;
    for (size_t i = begin; i < end; ++i) mass += static_cast<double>(counts[i]), filled += counts[i] != 0 ? 1 : 0;
    for (size_t i = begin; i < end; ++i) {
      const double reference = static_cast<double>(counts[i]) + (i + 1 == kept ? clipped_mass : 0);
      if (reference == 0) continue;
      if (counts[i] == 0) return std::numeric_limits<double>::infinity();  // mass where the levels have none
      const double p = reference / total;
      const double q = mass / filled / kept_total;
      sum += p * std::log(p / q);
    }
  }
  return sum;
}

}  // namespace

std::optional<Method> method_from_name(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? std::nullopt : std::optional(static_cast<Method>(found - names.begin()));
}

std::string_view name_of(Method method) { return names.at(static_cast<size_t>(method)); }

size_t entropy_threshold(std::span<const int64_t> magnitudes, size_t levels) {
  std::vector<int64_t> counts(magnitudes.begin(), magnitudes.end());
  if (counts.size() > 1) counts[0] = counts[1];  // exact zeros behind a Relu say nothing about the range
  const int64_t all = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  size_t best = counts.size();
  double least = std::numeric_limits<double>::infinity();
  int64_t inside = 0;
  for (size_t kept = 1; kept <= counts.size(); ++kept) {
    inside += counts[kept - 1];
    if (kept < levels) continue;
    const double found = divergence(counts, kept, levels, static_cast<double>(all - inside));
    if (found <= least) least = found, best = kept;
  }
  return best;
}

Range range_of(const Histogram& histogram, const Calibrator& calibrator) {
  const Range& range = histogram.range();
  const double most = std::max(-range.low, range.high);
  if (most <= 0 or histogram.total() == 0) return range;
  switch (calibrator.method) {
    case Method::min_max: return range;
    case Method::percentile: return clipped(range, percentile_of(histogram, calibrator.percentile));
    case Method::mse: return least_squared_error(histogram);
    case Method::entropy: break;
  }
  const size_t levels = range.low < 0 ? 128 : 256;
  const size_t kept = entropy_threshold(histogram.magnitudes(magnitude_bins), levels);
  return clipped(range, most * static_cast<double>(kept) / magnitude_bins);
}

}  // namespace burnish::calibration
