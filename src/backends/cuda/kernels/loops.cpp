#include "backends/cuda/kernels/loops.h"

namespace burnish::cuda {

Loops merged_loops(std::span<const int64_t> domain, std::span<const std::span<const int64_t>> strides) {
  Loops loops;
  loops.strides.resize(strides.size());
  for (size_t axis = 0; axis < domain.size(); ++axis) {
    if (domain[axis] == 1) continue;
    bool merges = not loops.extents.empty();
    for (size_t i = 0; i < strides.size() and merges; ++i) merges = loops.strides[i].back() == strides[i][axis] * domain[axis];
    if (merges) loops.extents.back() *= domain[axis];
    else loops.extents.push_back(domain[axis]);
    for (size_t i = 0; i < strides.size(); ++i) {
      if (merges) loops.strides[i].back() = strides[i][axis];
      else loops.strides[i].push_back(strides[i][axis]);
    }
  }
  if (loops.extents.empty()) {
    loops.extents = {1};
    for (std::vector<int64_t>& one : loops.strides) one = {0};
  }
  return loops;
}

}  // namespace burnish::cuda
