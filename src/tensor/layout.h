// How a tensor's elements lie in memory: an order of the logical axes, outermost first, and inner blocks.
// Row-major NCHW is order 0,1,2,3; NHWC is 0,2,3,1; oneDNN's nChw16c is 0,1,2,3 with the block {axis 1, size 16}.
// A blocked axis is padded up to a multiple of its block; the padding holds zeros. Operators never look at it; tactics and
// reformats do. Layouts exist only after assignment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/tensor.h"

namespace burnish {

struct Layout {
  struct Block {
    uint8_t axis = 0;
    int32_t size = 1;
    bool operator==(const Block&) const = default;
  };

  std::vector<uint8_t> order;  // a permutation of the axes; empty for a scalar
  std::vector<Block> blocks;   // outermost first; they vary faster than all of `order`

  static Layout row_major(size_t rank);
  /// Axis 1 (channels) innermost: NWC, NHWC, NDHWC. Equal to row-major below rank 3.
  static Layout channels_last(size_t rank);
  /// Channels blocked by `size` innermost: nChw16c and its kin.
  static Layout channel_blocks(size_t rank, int32_t size);

  bool is_row_major() const;
  bool operator==(const Layout&) const = default;

  /// Elements in memory, padding included.
  int64_t stored_elements(std::span<const int64_t> dims) const;
  /// Element strides per logical axis, for layouts without blocks. Throws Error otherwise.
  Dims strides(std::span<const int64_t> dims) const;
  /// The element offset of logical coordinates.
  int64_t offset(std::span<const int64_t> dims, std::span<const int64_t> index) const;

  /// "0123", "0231", "0123:1b16"; ranks above 10 use letters after 9. `parse` reads it back; nothing where malformed.
  std::string text() const;
  static std::optional<Layout> parse(std::string_view text);
};

}  // namespace burnish
