// Copies between two memory orders of the same elements, converting between f32, bf16 and f16 on the way: reformats, transposes, slices.
// Prepared when a kernel is built, run on any number of threads. Layouts with padding are handled, slowly, and their padding zeroed.
#pragma once

#include "backends/cpu/simd/strided.h"
#include "backends/cpu/simd/tile_steps.h"

namespace burnish::cpu {

class StridedCopy {
 public:
  StridedCopy() = default;
  /// The whole of a tensor from one format to another.
  StridedCopy(const Dims& dims, const tactics::Format& from, const tactics::Format& to);
  /// Given loops: operand 0 is read, operand 1 written (strides in elements), without conversion.
  StridedCopy(StridedLoops loops, size_t element_bytes);

  void run(const std::byte* from, std::byte* to, int threads) const;

 private:
  void prepare(StridedLoops loops);
  void run_padded(const std::byte* from, std::byte* to) const;
  void run_rows(const std::byte* from, std::byte* to, int64_t first, int64_t last) const;
  void copy_row(const std::byte* from, std::byte* to) const;
  void copy_plane(const std::byte* from, std::byte* to) const;

  bool padded_ = false;
  Dims dims_;
  tactics::Format from_, to_;
  size_t from_bytes_ = 4, to_bytes_ = 4;
  bool converts_ = false;
  std::vector<int64_t> extents_, from_strides_, to_strides_;  // the loops outside a row (or a plane)
  int64_t outer_ = 1;
  int64_t row_ = 1, row_from_ = 1, row_to_ = 1;
  int64_t lines_ = 1, lines_from_ = 0, lines_to_ = 0;  // the second loop of a plane: the one the source is contiguous along
};

}  // namespace burnish::cpu
