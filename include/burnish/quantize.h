// Calibration and quantization: from a float model and sample inputs to the same model with explicit 8-bit quantization.
// `calibrate` runs the model over the samples twice (ranges, then distributions); `quantize` writes it back as ONNX with QuantizeLinear and
// DequantizeLinear, which Burnish builds into integer kernels and every other reader of ONNX runs too. Files are read, never written.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "burnish/build.h"

namespace burnish {

struct CalibrationConfig {
  /// "entropy" (Kullback-Leibler, as TensorRT's IInt8EntropyCalibrator2), "minmax", "percentile", "mse", or "auto": of these, for each tensor, what disturbs
  /// the results of the layers that read it least.
  std::string method = "entropy";
  double percentile = 99.99;  // of the magnitudes
  /// Asked for each batch once or several times.
  SampleBatches batches;
  /// How the model is built to be run over them; its progress is told under "calibrate".
  BuildConfig build;
};

/// What each tensor's quantization should express: least and largest number, by the tensor's name.
using CalibrationRanges = std::map<std::string, std::pair<double, double>, std::less<>>;

/// Throws Error.
CalibrationRanges calibrate(const std::filesystem::path& model, const CalibrationConfig& config);
/// From memory; external data is looked for in `folder`.
CalibrationRanges calibrate(std::span<const std::byte> model, const CalibrationConfig& config, const std::filesystem::path& folder = {});

/// Whether the model has explicit quantization already: then there is nothing to calibrate.
bool is_quantized(const std::filesystem::path& model);

/// In the text format of TensorRT's calibration caches, symmetric scales of i8. Reading gives ranges around 0.
std::string calibration_cache(const CalibrationRanges& ranges, std::string_view method);
CalibrationRanges read_calibration_cache(std::string_view text);

struct QuantizeConfig {
  DType activations = DType::u8;  // u8: asymmetric; i8: symmetric
  bool per_channel = true;        // of weights, which are i8 and symmetric
  /// Whether the ONNX node of this name stays floating. Empty: none does that could be quantized.
  std::function<bool(std::string_view node)> keeps_float = {};
  /// By the name of a quantized node: what is added to its bias, for each output channel.
  std::map<std::string, std::vector<double>, std::less<>> bias_changes = {};
};

/// The nodes whose type the application gives, where that is no integer.
std::function<bool(std::string_view node)> layers_in_float(const LayerDemands& demands);

/// The bytes of the quantized model. Throws Error where `ranges` names none of its tensors.
std::string quantize(const std::filesystem::path& model, const CalibrationRanges& ranges, const QuantizeConfig& config = {});
std::string quantize(std::span<const std::byte> model, const CalibrationRanges& ranges, const QuantizeConfig& config = {},
                     const std::filesystem::path& folder = {});

}  // namespace burnish
