// What the channels of a tensor are like over calibration data: their means, their largest magnitudes, and the divisors that bring these together.
// Bias correction and equalization read them. Pure arithmetic; it knows no layers and runs nothing.
#pragma once

#include <span>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::calibration {

/// Filled with one f32 tensor after another; `axis` counts from the last where it is negative. Numbers that are not finite are left out.
class ChannelMeans {
 public:
  void add(const Tensor& tensor, int axis);
  /// Empty where nothing was added; 0 for a channel without numbers.
  std::vector<double> means() const;

 private:
  std::vector<double> sums_;
  std::vector<int64_t> counts_;
};

class ChannelPeaks {
 public:
  void add(const Tensor& tensor, int axis);
  const std::vector<double>& peaks() const { return peaks_; }

 private:
  std::vector<double> peaks_;
};

/// What channels are divided by, so that what is hard to express in 8 bits moves from where it is hardest. With `strength` 1 all channels get the
/// same largest magnitude, with 0 all weights do. The largest divisor is 1, none is below `least_divisor`: no rare number may outgrow the range by much.
std::vector<double> balancing_divisors(std::span<const double> peaks, std::span<const double> weights, double strength);

inline constexpr double least_divisor = 1.0 / 32;

}  // namespace burnish::calibration
