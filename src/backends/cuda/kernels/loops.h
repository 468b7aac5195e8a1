// Nested loops over several tensors at once, as generated kernels run them: neighbouring axes that all tensors step through alike are one.
// Elementwise and StridedMove use it. It knows extents and strides in elements, no types and no memory.
#pragma once

#include <span>

#include "burnish/tensor.h"

namespace burnish::cuda {

struct Loops {
  std::vector<int64_t> extents;               // outermost first; never empty
  std::vector<std::vector<int64_t>> strides;  // for each tensor, one for each extent
};

/// Axes of extent 1 left out, neighbours merged wherever every tensor steps through them as through one.
Loops merged_loops(std::span<const int64_t> domain, std::span<const std::span<const int64_t>> strides);

}  // namespace burnish::cuda
