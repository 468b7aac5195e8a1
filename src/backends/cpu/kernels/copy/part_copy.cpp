#include "backends/cpu/kernels/copy/part_copy.h"

#include <algorithm>
#include <numeric>

namespace burnish::cpu {
namespace {

/// Loops over the part in the order of the target's memory, merged where both sides allow.
StridedLoops loops_of(const Dims& extent, const Placement& from, const Placement& to) {
  std::vector<size_t> order(extent.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return to.strides[a] > to.strides[b]; });
  StridedLoops loops;
  loops.strides.resize(2);
  for (const size_t axis : order) {
    if (extent[axis] == 1) continue;
    const bool merges = not loops.extents.empty() and loops.strides[0].back() == from.strides[axis] * extent[axis] and
                        loops.strides[1].back() == to.strides[axis] * extent[axis];
    if (merges) {
      loops.extents.back() *= extent[axis];
      loops.strides[0].back() = from.strides[axis];
      loops.strides[1].back() = to.strides[axis];
      continue;
    }
    loops.extents.push_back(extent[axis]);
    loops.strides[0].push_back(from.strides[axis]);
    loops.strides[1].push_back(to.strides[axis]);
  }
  if (loops.extents.empty()) {
    loops.extents = {1};
    loops.strides = {{1}, {1}};
  }
  return loops;
}

}  // namespace

PartCopy::PartCopy(const Dims& extent, const Placement& from, const Placement& to, size_t element_bytes)
    : copy(loops_of(extent, from, to), element_bytes),
      from_bytes(from.offset * static_cast<int64_t>(element_bytes)),
      to_bytes(to.offset * static_cast<int64_t>(element_bytes)) {}

std::vector<Layout> copy_layouts(size_t rank) {
  std::vector<Layout> layouts{Layout::row_major(rank)};
  if (rank >= 3) layouts.push_back(Layout::channels_last(rank));
  return layouts;
}

Placement whole(const Dims& dims, const Layout& layout) { return {layout.strides(dims), 0}; }

}  // namespace burnish::cpu
