// Tensors whose channels can be scaled without changing what the network computes: what makes them is divided, what reads them is multiplied, and what
// stands between keeps the factor. Called by whoever looks for scales that lose less in 8 bits: equalization between products, and the migration
// from activations into weights behind normalizations. Which scales are good is decided elsewhere; the file alone is looked at.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::onnx {

struct ScalableTensor {
  std::string name;               // as it is made; what divides it is known by this name
  std::vector<std::string> read;  // the same tensor as products read it: behind activations and pools
  int axis = 1;                   // of its channels; -1: the last
  bool normalized = false;        // made by a normalization, else by a product
  /// Whether every reader has a scale for each of these channels: depthwise convolutions, which lose nothing whatever the factors are.
  bool separate = false;
  /// Of each channel: the largest weight that multiplies it, in parts of the largest that the same output has.
  std::vector<double> weights;
};

/// In the order of the file.
std::vector<ScalableTensor> scalable_tensors(std::span<const std::byte> model, const std::filesystem::path& folder);

/// By the name of a scalable tensor: positive divisors of its channels.
using ChannelDivisors = std::map<std::string, std::vector<double>, std::less<>>;

/// The same model but for rounding, with its external data inside. Throws Error where a name is not scalable.
std::string with_divided_channels(std::span<const std::byte> model, const std::filesystem::path& folder, const ChannelDivisors& divisors);

}  // namespace burnish::onnx
