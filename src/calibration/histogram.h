// How the elements of one tensor are distributed over calibration data: their range, and counts in equal bins between its ends.
// Filled in two passes, ranges first, so that no bin is ever split or merged. Calibrators read it; it decides nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::calibration {

struct Range {
  double low = 0;
  double high = 0;
  bool operator==(const Range&) const = default;
};

/// Widened by the finite elements of a floating tensor. Starts at 0, which quantization must be able to express.
void widen(Range& range, const Tensor& tensor);

class Histogram {
 public:
  static constexpr size_t bin_count = 4096;

  Histogram() = default;
  explicit Histogram(const Range& range);

  /// Counts the finite elements; those outside the range go into the outermost bins.
  void add(const Tensor& tensor);

  const Range& range() const { return range_; }
  const std::vector<int64_t>& counts() const { return counts_; }
  double width() const { return width_; }
  double center(size_t bin) const { return range_.low + (static_cast<double>(bin) + 0.5) * width_; }
  int64_t total() const;

  /// Counts of magnitudes in `bins` equal bins from 0 to the larger end.
  std::vector<int64_t> magnitudes(size_t bins) const;

 private:
  Range range_;
  double width_ = 0;
  std::vector<int64_t> counts_;
};

}  // namespace burnish::calibration
