// How far a tensor is from another that is taken for right: the figures of `burnish verify`.
// Pure arithmetic on host tensors; the judgement is the caller's.
#pragma once

#include <cstdint>

#include "burnish/tensor.h"

namespace burnish::cli {

struct Difference {
  double max_error = 0;       // largest |difference|
  double relative_error = 0;  // over the largest |right value|
  double cosine = 1;          // 1 where both are zero
  int64_t unequal = 0;        // elements that are not the same
  int64_t odd = 0;            // NaN or infinite in one and otherwise in the other
};

/// Both have the same dimensions and real types.
Difference compare(const Tensor& value, const Tensor& right);

}  // namespace burnish::cli
