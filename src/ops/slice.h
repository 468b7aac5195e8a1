// Slice: a strided range of each named axis. ONNX Slice, opsets 1 (attributes), 10, 11, 13.
// Inputs: data, starts, ends, optional axes, optional steps (all rank 1; older forms are imported as constants).
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Slice {
  static constexpr auto fields = std::tuple{};
};

/// For each axis of the data: where it starts (clamped), the step, and how many elements are taken.
struct SliceRange {
  int64_t start = 0;
  int64_t step = 1;
  int64_t count = 0;
};
/// ONNX's clamping rules. Empty axes mean 0..n-1, empty steps mean 1. Error on bad lengths, axes, repeated axes or a step of 0.
std::vector<SliceRange> slice_ranges(std::span<const int64_t> dims, std::span<const int64_t> starts, std::span<const int64_t> ends,
                                     std::span<const int64_t> axes, std::span<const int64_t> steps);

}  // namespace burnish::ops
