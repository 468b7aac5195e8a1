// Products of bf16 matrices by AMX, whose registers hold tiles of 16 rows by 64 bytes. What the tactics of this folder share: a right operand
// packed into tiles, and the product of 32 rows with some of its columns. It knows neither operators nor threads, and never allocates.
// Instructions: Intel Architecture Instruction Set Extensions, TDPBF16PS.
#pragma once

#include <cstddef>
#include <cstdint>

namespace burnish::cpu::amx {

/// Rows of a block, and columns of a panel: four tiles of results.
inline constexpr int64_t block_rows = 32;
inline constexpr int64_t panel_columns = 32;
/// Of bf16 in a row of a tile.
inline constexpr int64_t tile_depth = 32;

constexpr int64_t padded(int64_t extent, int64_t unit) { return (extent + unit - 1) / unit * unit; }

/// Whether the processor multiplies bf16 in tiles, and the system lets this process use them.
bool has_tiles();

/// The calling thread's tile registers are set up while this lives. On machines without tiles none may be made.
class TileScope {
 public:
  TileScope();
  ~TileScope();
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
};

/// A right operand [depth, columns] in panels of 32 columns, each of which holds its tiles in order of depth, two columns of tiles side by side.
/// Padding is zero.
struct PackedRight {
  int64_t depth = 0;
  int64_t columns = 0;

  int64_t tiles_deep() const { return (depth + tile_depth - 1) / tile_depth; }
  int64_t panels() const { return (columns + panel_columns - 1) / panel_columns; }
  int64_t panel_elements() const { return tiles_deep() * tile_depth * panel_columns; }
  int64_t elements() const { return panels() * panel_elements(); }
};

/// The matrix whose element (k, n) is from[k * row_stride + n * column_stride].
void pack(const PackedRight& shape, const uint16_t* from, int64_t row_stride, int64_t column_stride, uint16_t* to);

/// 32 rows of the left operand, `stride` elements apart, with all of the right one's padded depth.
struct LeftBlock {
  const uint16_t* rows = nullptr;
  int64_t stride = 0;
};

/// Where 32 rows of results go, `stride` elements apart.
struct ResultBlock {
  float* rows = nullptr;
  int64_t stride = 0;
};

/// The columns of the first `panels` panels, from the first `tiles` tiles of the depth. Needs a TileScope.
void multiply(const LeftBlock& left, const PackedRight& shape, const uint16_t* right, int64_t panels, int64_t tiles,
              const ResultBlock& result);

}  // namespace burnish::cpu::amx
