// Copies of rectangular parts between tensors of one layout: what Concat, Slice, Split, Pad and Expand come down to.
// A part is a range of the tensor's axes; its elements are addressed by element strides of the whole. Prepared when a kernel is built.
#pragma once

#include "backends/cpu/simd/strided_copy.h"
#include "tactics/tactic.h"

namespace burnish::cpu {

/// Element strides per axis (blocked layouts excluded) and the offset of a corner.
struct Placement {
  Dims strides;
  int64_t offset = 0;
};

/// Copies `extent` elements from one placement to another; strides may be 0 (repeat) or negative (flip) on the reading side.
struct PartCopy {
  StridedCopy copy;
  int64_t from_bytes = 0;
  int64_t to_bytes = 0;

  PartCopy(const Dims& extent, const Placement& from, const Placement& to, size_t element_bytes);
  void run(const std::byte* from, std::byte* to, int threads) const { copy.run(from + from_bytes, to + to_bytes, threads); }
};

/// Row-major and, from rank 3 on, channels-last: the layouts these kernels offer.
std::vector<Layout> copy_layouts(size_t rank);

/// The whole of a tensor in a layout without blocks.
Placement whole(const Dims& dims, const Layout& layout);

}  // namespace burnish::cpu
