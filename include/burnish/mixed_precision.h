// The fastest engine within a budget of accuracy: rounding to the permitted types and 8-bit quantization, chosen layer by layer by what they do to the
// outputs and by the time they save. The sister of `build` for whoever states how accurate, not how. Files are read; but for the timing cache named in its
// options, none is written.
#pragma once

#include <filesystem>
#include <string>

#include "burnish/build.h"
#include "burnish/quantize.h"

namespace burnish {

struct MixedPrecisionConfig {
  /// `accuracy` must be set. `permitted` says which storage may be used, `samples` what all is judged on: every second sample is held back from
  /// the search and judges what it found. Progress is told under "accuracy" too.
  BuildConfig build;
  /// Whether layers may be quantized to 8 bits. The ranges are measured on the samples, unless `calibration` has them.
  bool int8 = false;
  CalibrationRanges calibration = {};
  std::string method = "auto";
  DType activations = DType::u8;
};

struct MixedPrecision {
  Engine engine;
  /// JSON: the engines that were built, with time and error, and which was taken; sensitivities of layers; every try.
  std::string report;
};

/// Never slower than what `build` makes without any permission, by the times measured here. Throws Error.
MixedPrecision build_mixed(const std::filesystem::path& model, const MixedPrecisionConfig& config);

}  // namespace burnish
