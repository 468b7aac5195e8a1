// NegativeLogLikelihood: minus the log probability of each target class, weighted, and summed or averaged.
// ONNX NegativeLogLikelihoodLoss, opsets 12, 13, 22; after a LogSoftmax it is SoftmaxCrossEntropyLoss.
// Inputs: log probabilities [N,C,d...], targets i32 or i64 [N,d...], optional weights [C].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class LossReduction : uint8_t { none, sum, mean };
template <>
struct EnumNames<LossReduction> {
  static constexpr std::array<std::string_view, 3> names{"none", "sum", "mean"};
};

struct NegativeLogLikelihood {
  LossReduction reduction = LossReduction::mean;
  bool ignores = false;
  int64_t ignored_class = 0;
  static constexpr auto fields =
      std::tuple{field("reduction", &NegativeLogLikelihood::reduction), field("ignores", &NegativeLogLikelihood::ignores),
                 field("ignored_class", &NegativeLogLikelihood::ignored_class)};
};

}  // namespace burnish::ops
