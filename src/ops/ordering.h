// A total order of the elements of any tensor: numbers by value with NaN last, strings as bytes.
// Used by reference evaluations that sort (TopK, Unique).
#pragma once

#include "burnish/tensor.h"

namespace burnish::ops {

/// Negative, zero or positive as element `a` of the tensor stands before, with or after element `b`.
int compare_elements(const Tensor& tensor, int64_t a, int64_t b);

}  // namespace burnish::ops
