// Accuracy as a budget: how far the outputs may depart from those of the model in its own types, judged on sample inputs.
// Part of BuildConfig: permitted rounding is kept within it. `build_mixed` also quantizes within it. It holds no data of its own.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/engine.h"
#include "burnish/tensor.h"

namespace burnish {

/// The outputs of a network, of each sample.
using Outputs = std::vector<std::vector<Tensor>>;

/// Tensors for the network's inputs, of sample 0, 1, ...; none behind the last. The same each time it is asked.
using SampleBatches = std::function<std::vector<Tensor>(std::span<const TensorInfo> inputs, size_t sample)>;

struct AccuracyBudget {
  std::string text;  // what was asked for, for messages: "cos:0.999"
  /// How far `tried` is from `exact`: 0 where they are the same, NaN where that cannot be said. Both hold the same samples.
  std::function<double(const Outputs& exact, const Outputs& tried)> error;
  double limit = 0;  // the largest error accepted
  /// What the outputs should be. Empty: what this network gives where nothing rounds.
  std::shared_ptr<const Outputs> exact = nullptr;
};

/// "cos:0.999": the least cosine of any output of any sample. "max:1e-2": the largest error of any element, in parts of its output's largest.
/// "top1:0.99": how often the largest of each row stays the largest (axis 1 of images, else the last). Throws Error.
AccuracyBudget accuracy_budget(std::string_view text);

}  // namespace burnish
