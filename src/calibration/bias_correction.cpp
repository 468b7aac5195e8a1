#include "calibration/bias_correction.h"

#include <algorithm>

#include "base/error.h"

namespace burnish::calibration {

std::vector<double> bias_change(const LayerMeans& exact, const LayerMeans& quantized) {
  const size_t channels = exact.searched.size();
  if (quantized.searched.size() != channels or exact.held_back.size() != quantized.held_back.size())
    fail("means of {} channels do not fit means of {}", quantized.searched.size(), channels);
  std::vector<double> change(channels, 0);
  for (size_t i = 0; i < channels; ++i) {
    const double wanted = exact.searched[i] - quantized.searched[i];
    // The squared error changes by wanted * (wanted - 2 * shift) for each element.
    const double shift = exact.held_back.empty() ? wanted : exact.held_back[i] - quantized.held_back[i];
    if (wanted * (wanted - 2 * shift) < 0) change[i] = wanted;
  }
  return change;
}

BiasChanges correct_biases(const BiasCorrection& correction) {
  BiasChanges changes;
  for (const std::string& layer : correction.layers) {
    std::vector<double> change = bias_change(correction.exact(layer), correction.quantized(layer, changes));
    if (std::ranges::any_of(change, [](double one) { return one != 0; })) changes[layer] = std::move(change);
  }
  return changes;
}

}  // namespace burnish::calibration
