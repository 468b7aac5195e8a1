// Bias correction: rounding weights and activations moves the mean of each channel of a layer's output, and a bias can move it back. Layers are
// corrected front to back, each behind those that are corrected already, so that no shift is made up for twice. A channel's correction is
// kept where it lowers the error on data that it was not made from. The tuning of quantization calls it with engines behind its functions.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace burnish::calibration {

/// By the name of a layer: what is added to its bias, for each output channel.
using BiasChanges = std::map<std::string, std::vector<double>, std::less<>>;

/// Of each channel of a layer's output, over the data that corrections are made from and over that which judges them.
struct LayerMeans {
  std::vector<double> searched, held_back;
};

struct BiasCorrection {
  std::vector<std::string> layers;  // in order of execution
  std::function<LayerMeans(const std::string& layer)> exact;
  std::function<LayerMeans(const std::string& layer, const BiasChanges& so_far)> quantized;
};

/// Layers of which no channel gains are left out.
BiasChanges correct_biases(const BiasCorrection& correction);

/// The changes of one layer's bias.
std::vector<double> bias_change(const LayerMeans& exact, const LayerMeans& quantized);

}  // namespace burnish::calibration
