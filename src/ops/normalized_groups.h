// What layer, RMS, instance and group normalization share: runs of neighbouring elements, each brought to mean 0 and variance 1.
// Called by their reference evaluations; sums are double.
#pragma once

#include <cmath>
#include <cstdint>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ops/numbers.h"
#include "tensor/shape.h"

namespace burnish::ops {

struct RowMoments {
  double mean = 0;
  double inverse_deviation = 0;
};

/// Mean and 1/sqrt(variance + epsilon); without `centered`, the mean stays 0 and the variance is the mean square.
template <class T>
RowMoments row_moments(const T* x, int64_t count, double epsilon, bool centered = true) {
  double mean = 0;
  if (centered) {
    for (int64_t i = 0; i < count; ++i) mean += static_cast<double>(x[i]);
    mean /= static_cast<double>(count);
  }
  double squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double spread = static_cast<double>(x[i]) - mean;
    squares += spread * spread;
  }
  return {mean, 1 / std::sqrt(squares / static_cast<double>(count) + epsilon)};
}

/// Error unless `parameter` broadcasts to the input's axes from `axis` on without changing them.
void check_row_parameter(const Shape& parameter, const Shape& input, size_t axis, size_t index);

/// Error unless input `index` is [channels].
void check_channel_parameter(const Shape& parameter, const Dim& channels, size_t index);

/// X [N,C,...], scale [C], bias [C] -> Y like X.
void infer_channel_normalization(InferContext& context);

/// Groups of neighbouring channels of one sample, normalized together with their spatial axes.
void normalize_channels(EvalContext& context, int64_t channels_per_group, double epsilon);

}  // namespace burnish::ops
