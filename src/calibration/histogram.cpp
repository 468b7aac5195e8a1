#include "calibration/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace burnish::calibration {
namespace {

std::span<const float> floats_of(const Tensor& tensor) {
  if (tensor.dtype() != DType::f32) fail("only f32 tensors are calibrated, not {}", name_of(tensor.dtype()));
  return tensor.values<float>();
}

}  // namespace

void widen(Range& range, const Tensor& tensor) {
  for (const float value : floats_of(tensor)) {
    if (not std::isfinite(value)) continue;
    range.low = std::min(range.low, static_cast<double>(value));
    range.high = std::max(range.high, static_cast<double>(value));
  }
}

Histogram::Histogram(const Range& range) : range_(range), width_((range.high - range.low) / bin_count), counts_(bin_count, 0) {}

void Histogram::add(const Tensor& tensor) {
  if (width_ <= 0) return;
  const double per_bin = 1 / width_;
  for (const float value : floats_of(tensor)) {
    if (not std::isfinite(value)) continue;
    const double place = std::floor((static_cast<double>(value) - range_.low) * per_bin);
    ++counts_[static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(bin_count - 1)))];
  }
}

int64_t Histogram::total() const { return std::accumulate(counts_.begin(), counts_.end(), int64_t{0}); }

std::vector<int64_t> Histogram::magnitudes(size_t bins) const {
  std::vector<int64_t> found(bins, 0);
  const double most = std::max(-range_.low, range_.high);
  for (size_t bin = 0; bin < counts_.size() and most > 0; ++bin) {
    const auto place = static_cast<size_t>(std::abs(center(bin)) / most * static_cast<double>(bins));
    found[std::min(place, bins - 1)] += counts_[bin];
  }
  return found;
}

}  // namespace burnish::calibration
