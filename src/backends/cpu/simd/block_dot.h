// Dot products of rows of f32 with a row of narrow integers in blocks, each block with a scale: the inner loop of products with weights of 2, 4 or
// 8 bits. The integers are widened in registers. Called by the kernel of BlockMatMul; chosen at run time for the best instruction set.
// It neither packs nor allocates: `pack_row`, `prepare_row` and the sizes below say what it reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace burnish::cpu {

/// How a row of integers is packed. A step is 16 integers; a chunk is 16 words of 32 bits, whose bits hold the integers of as many steps as fit, the
/// first step lowest. Signed integers are stored with half their range added.
struct PackedRow {
  static constexpr size_t lanes = 16;
  unsigned bits = 4;   // 2, 4 or 8
  size_t columns = 0;  // integers in a row
  size_t block = 0;    // integers with one scale; a multiple of 16, or at least `columns`

  size_t steps_in_chunk() const { return 32 / bits; }
  size_t steps() const { return (columns + lanes - 1) / lanes; }
  size_t steps_in_block() const { return (block + lanes - 1) / lanes; }
  size_t words() const { return (steps() + steps_in_chunk() - 1) / steps_in_chunk() * lanes; }
  size_t blocks() const { return (columns + block - 1) / block; }
  /// Elements of a prepared row of x.
  size_t prepared() const { return steps() * lanes; }
};

/// `to` has `words()` elements.
void pack_row(const PackedRow& row, std::span<const uint8_t> integers, std::span<uint32_t> to);

/// Copies a row of x, scaled so that the integers may stay at their places in the words, and adds up each block for the zero points.
/// `prepared` has `prepared()` elements, `sums` `blocks()`.
void prepare_row(const PackedRow& row, const float* x, float* prepared, float* sums);

/// Several rows of x at once, so that integers are widened once for all of them.
struct BlockRows {
  static constexpr size_t most = 4;
  size_t count = 1;                       // 1 to 4
  std::array<const float*, most> x{};     // prepared
  std::array<const float*, most> sums{};  // of blocks
};

/// result[r] = sum over blocks of scales[b] * (dot of the integers with x[r]) + offsets[b] * sums[r][b]
void block_dot(const PackedRow& row, const uint32_t* words, const float* scales, const float* offsets, const BlockRows& rows,
               float* result);

}  // namespace burnish::cpu
