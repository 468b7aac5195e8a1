// Quantization that looks at what it does: the sister of `quantize` for whoever has real samples. What may help (scaled channels, corrected biases) is
// tried and kept where it brings the outputs nearer to exact ones on samples held back from it; layers that hurt most stay floating where the
// outputs must keep an accuracy. Files are read, never written.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "burnish/accuracy.h"
#include "burnish/quantize.h"

namespace burnish {

struct TuneConfig {
  /// Its batches calibrate; the first 64 also judge, every second of them held back from whatever is tried.
  CalibrationConfig calibration;
  QuantizeConfig quantize = {};
  /// Known ranges: then nothing is calibrated, and channels cannot be scaled.
  CalibrationRanges ranges = {};
  /// Channels between two products are scaled so that their activations fill the range alike.
  bool equalizes = false;
  /// The same between a normalization and the products that read it: what is hard to express moves into the weights.
  bool smooths = false;
  /// The mean that quantization shifts in each channel goes into the bias.
  bool corrects_biases = false;
  /// How far outputs are from exact ones, where steps are weighed against one another and layers too. It should grow little by little, and add up over
  /// layers. Empty: the squares of the differences over those of the outputs.
  std::function<double(const Outputs& exact, const Outputs& tried)> measure = {};
  /// Layers stay floating until the outputs hold it on all samples.
  std::optional<AccuracyBudget> accuracy = {};
};

struct TunedQuantization {
  std::string model;         // bytes
  CalibrationRanges ranges;  // of this model
  /// JSON: each step with what was measured behind it and whether it was kept; layers quantized and floating; the accuracy's error.
  std::string report;
};

/// Throws Error; also where no layer can be quantized within the accuracy.
TunedQuantization tune_quantization(const std::filesystem::path& model, const TuneConfig& config);

}  // namespace burnish
