// Calibrators: from the distribution of a tensor to the range that its quantization should express. Pure functions of a histogram.
// min_max takes all; percentile cuts the outermost part; entropy keeps what tells most about the distribution (Kullback-Leibler divergence of
// 128 levels from the clipped histogram, as TensorRT's IInt8EntropyCalibrator2 and its successors do); mse weighs clipping against rounding.
#pragma once

#include <optional>
#include <string_view>

#include "calibration/histogram.h"

namespace burnish::calibration {

enum class Method : uint8_t { min_max, percentile, entropy, mse };
std::optional<Method> method_from_name(std::string_view name);
std::string_view name_of(Method method);

struct Calibrator {
  Method method = Method::entropy;
  double percentile = 99.99;  // of the magnitudes
};

/// Within the histogram's range, 0 included.
Range range_of(const Histogram& histogram, const Calibrator& calibrator);

/// The magnitude that entropy keeps, in bins: `magnitudes` counts |x| in equal bins, the quantization has so many levels above 0.
size_t entropy_threshold(std::span<const int64_t> magnitudes, size_t levels);

}  // namespace burnish::calibration
