#include "calibration/channels.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace burnish::calibration {
namespace {

size_t axis_of(const Tensor& tensor, int axis) {
  if (tensor.dtype() != DType::f32) fail("only f32 tensors have channels to look at, not {}", name_of(tensor.dtype()));
  const auto place = static_cast<size_t>(axis < 0 ? axis + static_cast<int>(tensor.rank()) : axis);
  if (place >= tensor.rank()) fail("a tensor of {} has no axis {}", text_of(tensor.dims()), axis);
  return place;
}

size_t channels_of(const Tensor& tensor, int axis) { return static_cast<size_t>(tensor.dim(axis_of(tensor, axis))); }

/// see(channel, number) for each finite number.
template <class See>
void for_each_number(const Tensor& tensor, int axis, const See& see) {
  const size_t place = axis_of(tensor, axis);
  size_t inner = 1;
  for (size_t i = place + 1; i < tensor.rank(); ++i) inner *= static_cast<size_t>(tensor.dim(i));
  const auto extent = static_cast<size_t>(tensor.dim(place));
  const auto numbers = tensor.values<float>();
  for (size_t begin = 0, channel = 0; begin < numbers.size(); begin += inner, channel = (channel + 1) % extent)
    for (size_t i = begin; i < begin + inner; ++i)
      if (std::isfinite(numbers[i])) see(channel, static_cast<double>(numbers[i]));
}

}  // namespace

void ChannelMeans::add(const Tensor& tensor, int axis) {
  const size_t channels = channels_of(tensor, axis);
  sums_.resize(channels, 0);
  counts_.resize(channels, 0);
  for_each_number(tensor, axis, [&](size_t channel, double number) {
    sums_[channel] += number;
    ++counts_[channel];
  });
}

std::vector<double> ChannelMeans::means() const {
  std::vector<double> means(sums_.size(), 0);
  for (size_t i = 0; i < means.size(); ++i)
    if (counts_[i] > 0) means[i] = sums_[i] / static_cast<double>(counts_[i]);
  return means;
}

void ChannelPeaks::add(const Tensor& tensor, int axis) {
  peaks_.resize(channels_of(tensor, axis), 0);
  for_each_number(tensor, axis, [&](size_t channel, double number) { peaks_[channel] = std::max(peaks_[channel], std::abs(number)); });
}

std::vector<double> balancing_divisors(std::span<const double> peaks, std::span<const double> weights, double strength) {
  std::vector<double> divisors(peaks.size(), 0);
  for (size_t i = 0; i < peaks.size(); ++i)
    if (peaks[i] > 0 and weights[i] > 0) divisors[i] = std::pow(peaks[i], strength) / std::pow(weights[i], 1 - strength);
  const double largest = divisors.empty() ? 0 : std::ranges::max(divisors);
  for (double& one : divisors) one = largest > 0 and one > 0 ? std::max(one / largest, least_divisor) : 1;
  return divisors;
}

}  // namespace burnish::calibration
