#include "backends/cpu/simd/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"
#include "tensor/number.h"

namespace burnish::cpu {
namespace {

template <size_t Bytes>
void copy_elements(const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to, from, Bytes);
    from += from_stride * static_cast<int64_t>(Bytes);
    to += to_stride * static_cast<int64_t>(Bytes);
  }
}

void copy_strided(size_t bytes, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride, int64_t count) {
  switch (bytes) {
    case 1: copy_elements<1>(from, from_stride, to, to_stride, count); break;
    case 2: copy_elements<2>(from, from_stride, to, to_stride, count); break;
    case 4: copy_elements<4>(from, from_stride, to, to_stride, count); break;
    case 8: copy_elements<8>(from, from_stride, to, to_stride, count); break;
    default: copy_elements<16>(from, from_stride, to, to_stride, count); break;
  }
}

}  // namespace

StridedCopy::StridedCopy(const Dims& dims, const tactics::Format& from, const tactics::Format& to)
    : dims_(dims),
      from_(from),
      to_(to),
      from_bytes_(byte_size(from.storage)),
      to_bytes_(byte_size(to.storage)),
      converts_(from.storage != to.storage) {
  padded_ = not unpadded(from.layout, dims) or not unpadded(to.layout, dims);
  if (padded_) return;
  // Blocks on either side must be loops of both: walk the finer of the two orders.
  const Layout& domain = to.layout.blocks.empty() ? from.layout : to.layout;
  StridedLoops loops = strided_loops(dims, domain, {{dims, from.layout}, {dims, to.layout}});
  prepare(std::move(loops));
}

StridedCopy::StridedCopy(StridedLoops loops, size_t element_bytes) : from_bytes_(element_bytes), to_bytes_(element_bytes) {
  prepare(std::move(loops));
}

void StridedCopy::prepare(StridedLoops loops) {
  const size_t rank = loops.extents.size();
  // The row is the loop that writes contiguously; the lines are the loop that reads contiguously, where that is another one.
  size_t row = rank - 1;
  for (size_t i = 0; i < rank; ++i)
    if (loops.extents[i] > 1 and loops.strides[1][i] == 1) row = i;
  size_t line = row;
  for (size_t i = 0; i < rank; ++i)
    if (i != row and loops.extents[i] > 1 and loops.strides[0][i] == 1 and loops.strides[0][row] != 1) line = i;
  row_ = loops.extents[row];
  row_from_ = loops.strides[0][row];
  row_to_ = loops.strides[1][row];
  if (line != row) {
    lines_ = loops.extents[line];
    lines_from_ = loops.strides[0][line];
    lines_to_ = loops.strides[1][line];
  }
  for (size_t i = 0; i < rank; ++i) {
    if (i == row or i == line) continue;
    extents_.push_back(loops.extents[i]);
    from_strides_.push_back(loops.strides[0][i]);
    to_strides_.push_back(loops.strides[1][i]);
    outer_ *= loops.extents[i];
  }
}

void StridedCopy::run(const std::byte* from, std::byte* to, int threads) const {
  if (padded_) return run_padded(from, to);
  if (outer_ == 0 or row_ == 0 or lines_ == 0) return;
  const int64_t total = outer_ * row_ * lines_;
  if (outer_ == 1 and lines_ == 1 and row_from_ == 1 and row_to_ == 1 and threads > 1 and total > 65536) {
    // One long row: cut it, so that every thread gets its part.
    parallel_for(row_, row_ / threads + 1, [&](int64_t first, int64_t last) {
      StridedCopy part = *this;
      part.row_ = last - first;
      part.copy_row(from + static_cast<size_t>(first) * from_bytes_, to + static_cast<size_t>(first) * to_bytes_);
    });
    return;
  }
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, row_ * lines_));
  parallel_for(outer_, grain, [&](int64_t first, int64_t last) { run_rows(from, to, first, last); });
}

void StridedCopy::run_rows(const std::byte* from, std::byte* to, int64_t first, int64_t last) const {
  for (int64_t index = first; index < last; ++index) {
    int64_t left = index, from_offset = 0, to_offset = 0;
    for (size_t i = extents_.size(); i-- > 0;) {
      const int64_t at = left % extents_[i];
      left /= extents_[i];
      from_offset += at * from_strides_[i];
      to_offset += at * to_strides_[i];
    }
    const std::byte* source = from + from_offset * static_cast<int64_t>(from_bytes_);
    std::byte* target = to + to_offset * static_cast<int64_t>(to_bytes_);
    if (lines_ == 1) copy_row(source, target);
    else copy_plane(source, target);
  }
}

void StridedCopy::copy_row(const std::byte* from, std::byte* to) const {
  if (not converts_) {
    if (row_from_ == 1 and row_to_ == 1) std::memcpy(to, from, static_cast<size_t>(row_) * from_bytes_);
    else copy_strided(from_bytes_, from, row_from_, to, row_to_, row_);
    return;
  }
  float buffer[256];
  for (int64_t at = 0; at < row_; at += 256) {
    const int64_t count = std::min<int64_t>(256, row_ - at);
    for (int64_t i = 0; row_from_ != 1 and i < count; ++i)
      buffer[i] = static_cast<float>(load_number(from_.storage, from + (at + i) * row_from_ * static_cast<int64_t>(from_bytes_)));
    if (row_from_ == 1) tile_load(from_.storage)(from + at * static_cast<int64_t>(from_bytes_), buffer, static_cast<size_t>(count));
    if (row_to_ == 1) tile_store(to_.storage)(buffer, to + at * static_cast<int64_t>(to_bytes_), static_cast<size_t>(count));
    for (int64_t i = 0; row_to_ != 1 and i < count; ++i)
      store_number(to_.storage, to + (at + i) * row_to_ * static_cast<int64_t>(to_bytes_), buffer[i]);
  }
}

/// A transpose in blocks of 16 by 16, so that both sides stay within few cache lines.
void StridedCopy::copy_plane(const std::byte* from, std::byte* to) const {
  constexpr int64_t block = 16;
  for (int64_t row = 0; row < row_; row += block)
    for (int64_t line = 0; line < lines_; line += block)
      for (int64_t l = line; l < std::min(line + block, lines_); ++l) {
        const std::byte* source = from + (l * lines_from_ + row * row_from_) * static_cast<int64_t>(from_bytes_);
        std::byte* target = to + (l * lines_to_ + row * row_to_) * static_cast<int64_t>(to_bytes_);
        const int64_t count = std::min(block, row_ - row);
        if (not converts_) {
          copy_strided(from_bytes_, source, row_from_, target, row_to_, count);
          continue;
        }
        for (int64_t i = 0; i < count; ++i)
          store_number(to_.storage, target + i * row_to_ * static_cast<int64_t>(to_bytes_),
                       load_number(from_.storage, source + i * row_from_ * static_cast<int64_t>(from_bytes_)));
      }
}

void StridedCopy::run_padded(const std::byte* from, std::byte* to) const {
  std::memset(to, 0, static_cast<size_t>(tactics::stored_bytes(to_, dims_)));
  const int64_t count = element_count(dims_);
  std::vector<int64_t> index(dims_.size());
  for (int64_t i = 0; i < count; ++i) {
    int64_t left = i;
    for (size_t axis = dims_.size(); axis-- > 0;) {
      index[axis] = left % dims_[axis];
      left /= dims_[axis];
    }
    const std::byte* source = from + from_.layout.offset(dims_, index) * static_cast<int64_t>(from_bytes_);
    std::byte* target = to + to_.layout.offset(dims_, index) * static_cast<int64_t>(to_bytes_);
    if (converts_) store_number(to_.storage, target, load_number(from_.storage, source));
    else std::memcpy(target, source, from_bytes_);
  }
}

}  // namespace burnish::cpu
