// MappedCopy: a copy in which every output axis steps through the input or looks positions up in a table, filling where there is none.
// Tactics of Pad, Gather and Resize build it from one AxisMap for each output axis; it turns tables that are steps into steps.
#pragma once

#include "backends/cuda/kernels/moves.h"

namespace burnish::cuda {

/// Where the positions of an output axis lie in the input: at multiples of `stride`, or, where there is a table, at `stride` times its
/// entries; a negative entry is filled.
struct AxisMap {
  int64_t extent = 1;
  int64_t stride = 0;
  std::vector<int64_t> table;
};

struct MappedShape {
  int word = 4;  // bytes of an element
  size_t rank = 1;
  uint32_t tabled = 0;      // bit i: axis i has a table
  int run = 1;              // neighbours written at once
  bool contiguous = false;  // and read at once
};
std::string mapped_source(const MappedShape& shape);

class MappedCopy {
 public:
  /// `axes` in the order of the output's memory, which is dense. `fill` holds an element's bytes; empty: zeros.
  MappedCopy(tactics::BuildContext& context, std::vector<AxisMap> axes, size_t element_bytes, std::span<const std::byte> fill);

  Status run(const std::byte* from, std::byte* to, void* stream) const noexcept;

 private:
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  tactics::DeviceMemory tables_;
  std::vector<std::byte> maps_;
  uint64_t fill_ = 0;
  int64_t from_bytes_ = 0;
  bool empty_ = false;
};

}  // namespace burnish::cuda
