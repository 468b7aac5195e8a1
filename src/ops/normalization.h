// The normalizations that networks use, each as one operator: batch (inference), layer, RMS, instance and group.
// ONNX BatchNormalization 1-15, LayerNormalization 17, RMSNormalization 23, InstanceNormalization 1-22, GroupNormalization 18-21;
// passes recognize the same formulas spelled out in smaller operators. Means and variances are computed in at least f32.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

/// X [N,C,...], scale, bias, mean, variance [C] -> Y
struct BatchNormalization {
  double epsilon = 1e-5;
  static constexpr auto fields = std::tuple{field("epsilon", &BatchNormalization::epsilon)};
};

/// X, scale, optional bias -> Y, optional mean and inverse standard deviation; over all axes from `axis` on.
struct LayerNormalization {
  int64_t axis = -1;
  double epsilon = 1e-5;
  static constexpr auto fields = std::tuple{field("axis", &LayerNormalization::axis), field("epsilon", &LayerNormalization::epsilon)};
};

/// X, scale -> X / sqrt(mean(X^2) + epsilon) * scale; over all axes from `axis` on.
struct RMSNormalization {
  int64_t axis = -1;
  double epsilon = 1e-5;
  static constexpr auto fields = std::tuple{field("axis", &RMSNormalization::axis), field("epsilon", &RMSNormalization::epsilon)};
};

/// X [N,C,...], scale [C], bias [C] -> Y; over the spatial axes of each sample and channel.
struct InstanceNormalization {
  double epsilon = 1e-5;
  static constexpr auto fields = std::tuple{field("epsilon", &InstanceNormalization::epsilon)};
};

/// X [N,C,...], scale [C], bias [C] -> Y; over groups of channels and the spatial axes. (Opset 18's scale of [groups] is expanded on import.)
struct GroupNormalization {
  int64_t groups = 1;
  double epsilon = 1e-5;
  static constexpr auto fields = std::tuple{field("groups", &GroupNormalization::groups), field("epsilon", &GroupNormalization::epsilon)};
};

}  // namespace burnish::ops
