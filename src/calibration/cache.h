// Calibration results as text, in the format of TensorRT's calibration caches: a line that names version and calibrator, then `name: hex` for each
// tensor, where hex is the big-endian bits of a float: the scale of symmetric quantization to i8 (the largest magnitude over 127).
// Read and written by the command line; files of others are read with care and every fault names its line.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "calibration/histogram.h"

namespace burnish::calibration {

/// By tensor name.
using Scales = std::map<std::string, double, std::less<>>;

/// Throws Error.
Scales parse_cache(std::string_view text);
std::string cache_text(const Scales& scales, std::string_view calibrator);

/// What a symmetric scale of i8 expresses, and the other way round.
Range range_of_scale(double scale);
double scale_of_range(const Range& range);

}  // namespace burnish::calibration
