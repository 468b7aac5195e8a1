// Writes a model back with explicit quantization: QuantizeLinear and DequantizeLinear around the inputs of convolutions, matrix products, sums and
// pools, weights as i8 with a scale for each output channel, biases as i32. The rest of the file stays as it is, so that any reader of ONNX
// runs it. What is quantized is decided here from the file alone; the ranges come from calibration. Nothing is computed or measured.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burnish/dtype.h"

namespace burnish::onnx {

/// The least and largest number that a tensor's quantization should express, by the tensor's name.
using TensorRanges = std::map<std::string, std::pair<double, double>, std::less<>>;

/// By the name of a layer: what is added to its bias, for each output channel.
using BiasChanges = std::map<std::string, std::vector<double>, std::less<>>;

struct QuantizeOptions {
  DType activations = DType::u8;                                // u8: any zero point; i8: symmetric
  bool per_channel = true;                                      // weights: else one scale for each tensor
  std::function<bool(std::string_view node)> keeps_float = {};  // nodes to leave alone, by name; empty: none
  BiasChanges bias_changes = {};                                // of nodes that are quantized
};

/// The tensors whose ranges `quantized` asks for, in the order of the nodes.
std::vector<std::string> tensors_to_quantize(std::span<const std::byte> model);

/// A node that `quantized` would quantize.
struct QuantizedLayer {
  std::string name;                           // the importer's where the file has none
  std::string output;                         // its first
  std::vector<std::string> activations = {};  // inputs that are quantized as they are computed
  int64_t bias_channels = 0;                  // along axis 1 of its output, where its bias can be changed; else 0
};
/// In the order of the file.
std::vector<QuantizedLayer> layers_to_quantize(std::span<const std::byte> model);

/// Whether any node quantizes or computes on quantized tensors.
bool is_quantized(std::span<const std::byte> model);

/// The network's inputs, without initializers that old files list there too.
std::vector<std::string> input_names(std::span<const std::byte> model);

/// The same model with these tensors as further outputs (f32), and its external data inside.
std::string with_outputs(std::span<const std::byte> model, const std::filesystem::path& folder, std::span<const std::string> names);

/// The bytes of the quantized model. Inputs of which `ranges` says nothing stay floating. Throws Error.
std::string quantized(std::span<const std::byte> model, const std::filesystem::path& folder, const TensorRanges& ranges,
                      const QuantizeOptions& options);

}  // namespace burnish::onnx
