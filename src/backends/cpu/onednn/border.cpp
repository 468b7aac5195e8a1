// Row by row, so that threads share tensors of any rank alike.
#include "backends/cpu/onednn/border.h"

#include <algorithm>
#include <cstring>

#include "base/parallel.h"

namespace burnish::cpu::onednn {
namespace {

/// Below this a second thread costs more than it brings.
constexpr int64_t grain_bytes = 65536;

}  // namespace

int64_t Border::bytes() const {
  int64_t count = images * channels;
  for (size_t i = 0; i < extents.size(); ++i) count *= before[i] + extents[i] + after[i];
  return count;
}

Border border_around(std::span<const int64_t> dims, std::span<const int64_t> before, std::span<const int64_t> after, uint8_t fill) {
  Border border{.images = dims[0], .channels = dims[1], .fill = fill};
  const size_t missing = border.extents.size() - before.size();
  for (size_t i = 0; i < before.size(); ++i) {
    border.extents[missing + i] = dims[i + 2];
    border.before[missing + i] = before[i];
    border.after[missing + i] = after[i];
  }
  return border;
}

void copy_into(const Border& border, const std::byte* from, std::byte* to) noexcept {
  const auto wide = [&](size_t axis) { return border.before[axis] + border.extents[axis] + border.after[axis]; };
  const auto inside = [&](size_t axis, int64_t place) {
    return place >= border.before[axis] and place < border.before[axis] + border.extents[axis];
  };
  const auto fill = [&](std::byte* at, int64_t bytes) { std::memset(at, border.fill, static_cast<size_t>(bytes)); };
  const int64_t row = border.extents[2] * border.channels;
  const int64_t wide_row = wide(2) * border.channels;
  const int64_t left = border.before[2] * border.channels;
  const int64_t rows = border.images * wide(0) * wide(1);
  parallel_for(rows, std::max<int64_t>(1, grain_bytes / std::max<int64_t>(1, wide_row)), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t y = i % wide(1);
      const int64_t z = i / wide(1) % wide(0);
      std::byte* out = to + i * wide_row;
      if (not inside(1, y) or not inside(0, z)) {
        fill(out, wide_row);
        continue;
      }
      const int64_t plane = i / wide(1) / wide(0) * border.extents[0] + z - border.before[0];
      fill(out, left);
      std::memcpy(out + left, from + (plane * border.extents[1] + y - border.before[1]) * row, static_cast<size_t>(row));
      fill(out + left + row, wide_row - left - row);
    }
  });
}

}  // namespace burnish::cpu::onednn
