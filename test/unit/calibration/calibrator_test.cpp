// Calibrators: the entropy threshold against another implementation on random histograms, and each method on distributions whose answer is known.
#include "calibration/calibrator.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace burnish::calibration {
namespace {

/// The divergence of each number of kept bins, written out step by step: distributions as whole vectors, levels by place.
std::vector<double> divergences(std::vector<int64_t> counts, size_t levels) {
  counts[0] = counts[1];
  std::vector<double> found;
  for (size_t kept = levels; kept <= counts.size(); ++kept) {
    std::vector<double> reference(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(kept));
    for (size_t i = kept; i < counts.size(); ++i) reference.back() += static_cast<double>(counts[i]);
    std::vector<double> mass(levels), filled(levels), candidate(kept);
    std::vector<size_t> level(kept);
    for (size_t l = 0; l < levels; ++l)
      for (size_t i = l * kept / levels; i < (l + 1) * kept / levels; ++i) level[i] = l;
    for (size_t i = 0; i < kept; ++i) {
      mass[level[i]] += static_cast<double>(counts[i]);
      filled[level[i]] += counts[i] > 0 ? 1 : 0;
    }
    for (size_t i = 0; i < kept; ++i) candidate[i] = counts[i] > 0 ? mass[level[i]] / filled[level[i]] : 0;
    double p_sum = 0, q_sum = 0, divergence = 0;
    for (const double p : reference) p_sum += p;
    for (const double q : candidate) q_sum += q;
    for (size_t i = 0; i < kept; ++i) {
      const double p = reference[i] / p_sum, q = candidate[i] / q_sum;
      if (p > 0) divergence += q > 0 ? p * std::log(p / q) : INFINITY;
    }
    found.push_back(divergence);
  }
  return found;
}

TEST(EntropyThreshold, IsNoWorseThanWhatAnotherImplementationFinds) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const size_t levels = round % 2 == 0 ? 128 : 64;
    std::vector<int64_t> counts(256 + random() % 512);
    const double spread = 20 + static_cast<double>(random() % 200);
    for (size_t i = 0; i < counts.size(); ++i)
      counts[i] =
          static_cast<int64_t>(1e4 * std::exp(-std::pow(static_cast<double>(i) / spread, 1.5))) + static_cast<int64_t>(random() % 3);
    const std::vector<double> all = divergences(counts, levels);
    const double least = *std::min_element(all.begin(), all.end());
    const size_t kept = entropy_threshold(counts, levels);
    ASSERT_GE(kept, levels);
    EXPECT_LE(all[kept - levels], least + 1e-9) << "round " << round;
  }
}

Tensor floats(const std::vector<float>& values) { return Tensor::of<float>({static_cast<int64_t>(values.size())}, std::span(values)); }

Histogram histogram_of(const std::vector<float>& values) {
  Range range;
  widen(range, floats(values));
  Histogram made(range);
  made.add(floats(values));
  return made;
}

std::vector<float> normal_with_outlier(float outlier) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> values(100000);
  for (float& value : values) value = normal(random);
  values[7] = outlier;
  return values;
}

TEST(Calibrator, MinMaxTakesAll) {
  EXPECT_EQ(range_of(histogram_of({-1, 0.5F, 3}), {.method = Method::min_max}), (Range{-1, 3}));
  EXPECT_EQ(range_of(histogram_of({1, 2, 3}), {.method = Method::min_max}), (Range{0, 3})) << "0 must be expressible";
  EXPECT_EQ(range_of(histogram_of({0, 0}), {.method = Method::entropy}), (Range{0, 0}));
}

TEST(Calibrator, OthersCutAnOutlier) {
  const Histogram histogram = histogram_of(normal_with_outlier(60));
  for (const Method method : {Method::percentile, Method::entropy}) {
    const Range range = range_of(histogram, {.method = method, .percentile = 99.9});
    EXPECT_LT(range.high, 20) << name_of(method);
    EXPECT_GT(range.high, 2) << name_of(method);
  }
  const Range percentile = range_of(histogram, {.method = Method::percentile, .percentile = 99.0});
  EXPECT_NEAR(percentile.high, 2.576, 0.06) << "the 99th percentile of |x| of a normal distribution";
}

/// What 255 steps between the ends of the range make of the values.
double squared_error(const std::vector<float>& values, const Range& range) {
  const double step = (range.high - range.low) / 255;
  double sum = 0;
  for (const float value : values) {
    const double rounded = std::clamp(std::round(static_cast<double>(value) / step) * step, range.low, range.high);
    sum += (static_cast<double>(value) - rounded) * (static_cast<double>(value) - rounded);
  }
  return sum;
}

TEST(Calibrator, LeastSquaresErrLessThanOtherRanges) {
  for (const float outlier : {6.0F, 20.0F, 200.0F}) {
    const std::vector<float> values = normal_with_outlier(outlier);
    const Histogram histogram = histogram_of(values);
    const double error = squared_error(values, range_of(histogram, {.method = Method::mse}));
    for (const Method method : {Method::min_max, Method::entropy, Method::percentile})
      EXPECT_LE(error, 1.02 * squared_error(values, range_of(histogram, {.method = method}))) << name_of(method) << " " << outlier;
  }
}

TEST(Calibrator, KeepsWhatIsEven) {
  std::vector<float> values(10000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / 10000;
  for (const Method method : {Method::entropy, Method::mse})
    EXPECT_GT(range_of(histogram_of(values), {.method = method}).high, 0.95) << name_of(method);
}

TEST(Histogram, CountsEveryFiniteElementOnce) {
  const Histogram histogram = histogram_of({-2, -1, 0, 1, 2, INFINITY, NAN});
  EXPECT_EQ(histogram.total(), 5);
  int64_t magnitudes = 0;
  for (const int64_t count : histogram.magnitudes(16)) magnitudes += count;
  EXPECT_EQ(magnitudes, 5);
  EXPECT_EQ(histogram.magnitudes(16).back(), 2);
}

}  // namespace
}  // namespace burnish::calibration
