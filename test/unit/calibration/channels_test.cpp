// Channel statistics and divisors, against sums written out with indices.
#include "calibration/channels.h"

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>

#include "base/error.h"

namespace burnish::calibration {
namespace {

using ::testing::ElementsAre;

Tensor random_tensor(const Dims& dims, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0.5F, 2);
  Tensor tensor(DType::f32, dims);
  for (float& number : tensor.mutable_values<float>()) number = normal(random);
  return tensor;
}

TEST(Channels, MeansAndPeaksAreThoseOfAllTensors) {
  constexpr int64_t n = 2, c = 3, h = 4, w = 5;
  const std::array tensors{random_tensor({n, c, h, w}, 1), random_tensor({n, c, h, w}, 2)};
  ChannelMeans means;
  ChannelPeaks peaks;
  for (const Tensor& one : tensors) means.add(one, 1), peaks.add(one, 1);
  for (int64_t channel = 0; channel < c; ++channel) {
    double sum = 0, peak = 0;
    for (const Tensor& one : tensors)
      for (int64_t i = 0; i < n; ++i)
        for (int64_t y = 0; y < h; ++y)
          for (int64_t x = 0; x < w; ++x) {
            const double number = one.number(((i * c + channel) * h + y) * w + x);
            sum += number;
            peak = std::max(peak, std::abs(number));
          }
    EXPECT_NEAR(means.means().at(static_cast<size_t>(channel)), sum / (2 * n * h * w), 1e-12);
    EXPECT_EQ(peaks.peaks().at(static_cast<size_t>(channel)), peak);
  }
}

TEST(Channels, TheLastAxisCountsFromTheEnd) {
  ChannelMeans means;
  means.add(Tensor::of<float>({1, 3, 2}, {1, 10, 2, 20, 6, 60}), -1);
  EXPECT_THAT(means.means(), ElementsAre(3, 30));
  EXPECT_THROW(means.add(Tensor::of<float>({2}, {1, 2}), 1), Error);
}

TEST(Channels, WhatIsNotFiniteIsLeftOut) {
  ChannelMeans means;
  ChannelPeaks peaks;
  const Tensor tensor =
      Tensor::of<float>({1, 2, 2}, {std::numeric_limits<float>::infinity(), -3, std::nanf(""), -std::numeric_limits<float>::infinity()});
  means.add(tensor, 1);
  peaks.add(tensor, 1);
  EXPECT_THAT(means.means(), ElementsAre(-3, 0));
  EXPECT_THAT(peaks.peaks(), ElementsAre(3, 0));
}

TEST(Channels, DivisorsBringPeaksOrWeightsTogether) {
  const std::vector<double> peaks{8, 2, 4}, weights{0.25, 1, 0.5};
  const std::vector<double> all = balancing_divisors(peaks, weights, 1), none = balancing_divisors(peaks, weights, 0);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ(peaks[i] / all[i], 8);
    EXPECT_DOUBLE_EQ(weights[i] * none[i], 0.25);
  }
  // Half-way, each channel's largest magnitude times its largest weight is shared evenly: peak / d and weight * d stand in one ratio.
  const std::vector<double> half = balancing_divisors(peaks, weights, 0.5);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(peaks[i] / half[i] / (weights[i] * half[i]), peaks[0] / half[0] / (weights[0] * half[0]), 1e-9);
}

TEST(Channels, DivisorsStayWithinBounds) {
  EXPECT_THAT(balancing_divisors(std::vector<double>{100, 1e-6, 0}, std::vector<double>{1, 1, 1}, 1), ElementsAre(1, least_divisor, 1));
  EXPECT_THAT(balancing_divisors(std::vector<double>{0, 0}, std::vector<double>{1, 0}, 0.5), ElementsAre(1, 1));
}

}  // namespace
}  // namespace burnish::calibration
