// See tiles.h. Linux gives tile registers to processes that ask for them once (arch_prctl).
#include "backends/cpu/amx/tiles.h"

#include <algorithm>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#define BURNISH_TILES __attribute__((target("amx-tile,amx-bf16")))
#endif

namespace burnish::cpu::amx {
namespace {

constexpr int64_t tile_elements = 512;  // of bf16
constexpr int64_t tile_lanes = 16;

/// Rows [k, k + 1] of a column, side by side, as the right operand's tiles hold them.
void pack_tile(const PackedRight& shape, int64_t k, int64_t n, const uint16_t* from, int64_t row_stride, int64_t column_stride,
               uint16_t* to) {
  const int64_t depth = std::min(tile_depth, shape.depth - k);
  const int64_t columns = std::clamp<int64_t>(shape.columns - n, 0, tile_lanes);
  if (depth < tile_depth or columns < tile_lanes) std::fill_n(to, tile_elements, uint16_t{0});
  const uint16_t* source = from + k * row_stride + n * column_stride;
  for (int64_t row = 0; row < depth; ++row) {
    uint16_t* line = to + row / 2 * tile_lanes * 2 + row % 2;
    for (int64_t column = 0; column < columns; ++column) line[2 * column] = source[row * row_stride + column * column_stride];
  }
}

/// The same where pairs of rows are neighbours in memory: keys, whose depth is contiguous.
void pack_tile_of_pairs(int64_t k, int64_t n, const uint16_t* from, int64_t column_stride, uint16_t* to) {
  for (int64_t column = 0; column < tile_lanes; ++column) {
    const uint16_t* source = from + k + (n + column) * column_stride;
    for (int64_t pair = 0; pair < tile_lanes; ++pair) std::copy_n(source + 2 * pair, 2, to + 2 * (pair * tile_lanes + column));
  }
}

/// The same where columns are neighbours: values, whose width is contiguous.
void pack_tile_of_rows(const uint16_t* from, int64_t row_stride, uint16_t* to) {
  for (int64_t pair = 0; pair < tile_lanes; ++pair, from += 2 * row_stride, to += 2 * tile_lanes)
    for (int64_t column = 0; column < tile_lanes; ++column) {
      to[2 * column] = from[column];
      to[2 * column + 1] = from[row_stride + column];
    }
}

}  // namespace

void pack(const PackedRight& shape, const uint16_t* from, int64_t row_stride, int64_t column_stride, uint16_t* to) {
  for (int64_t panel = 0; panel < shape.panels(); ++panel)
    for (int64_t tile = 0; tile < shape.tiles_deep(); ++tile)
      for (int64_t half = 0; half < 2; ++half) {
        const int64_t k = tile * tile_depth, n = panel * panel_columns + half * tile_lanes;
        uint16_t* place = to + panel * shape.panel_elements() + (2 * tile + half) * tile_elements;
        const bool whole = k + tile_depth <= shape.depth and n + tile_lanes <= shape.columns;
        if (row_stride == 1 and whole) pack_tile_of_pairs(k, n, from, column_stride, place);
        else if (column_stride == 1 and whole) pack_tile_of_rows(from + k * row_stride + n, row_stride, place);
        else pack_tile(shape, k, n, from, row_stride, column_stride, place);
      }
}

#if defined(__x86_64__)

namespace {

/// What LDTILECFG reads: all eight registers hold 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

bool ask_for_tiles() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  constexpr unsigned tile = 1U << 24U, bf16 = 1U << 22U;
  if ((edx & tile) == 0 or (edx & bf16) == 0) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

/// Two by two tiles of results; each tile of an operand is loaded once for two products.
BURNISH_TILES void multiply_panel(const LeftBlock& left, const uint16_t* right, int64_t tiles, const ResultBlock& result) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const auto bytes = static_cast<size_t>(left.stride) * sizeof(uint16_t);
  const uint16_t* upper = left.rows;
  const uint16_t* lower = left.rows + tile_lanes * left.stride;
  for (int64_t i = 0; i < tiles; ++i, upper += tile_depth, lower += tile_depth, right += 2 * tile_elements) {
    _tile_loadd(4, upper, bytes);
    _tile_loadd(6, right, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right + tile_elements, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, lower, bytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  const auto result_bytes = static_cast<size_t>(result.stride) * sizeof(float);
  float* below = result.rows + tile_lanes * result.stride;
  _tile_stored(0, result.rows, result_bytes);
  _tile_stored(1, result.rows + tile_lanes, result_bytes);
  _tile_stored(2, below, result_bytes);
  _tile_stored(3, below + tile_lanes, result_bytes);
}

BURNISH_TILES void set_up_tiles() {
  static constexpr TileConfig config;  // not on the stack: to gcc 12 the instruction reads eight bytes, and it leaves out the others
  _tile_loadconfig(&config);
}

BURNISH_TILES void release_tiles() { _tile_release(); }

}  // namespace

bool has_tiles() {
  static const bool allowed = ask_for_tiles();
  return allowed;
}

TileScope::TileScope() { set_up_tiles(); }
TileScope::~TileScope() { release_tiles(); }

void multiply(const LeftBlock& left, const PackedRight& shape, const uint16_t* right, int64_t panels, int64_t tiles,
              const ResultBlock& result) {
  for (int64_t panel = 0; panel < panels; ++panel)
    multiply_panel(left, right + panel * shape.panel_elements(), tiles, {result.rows + panel * panel_columns, result.stride});
}

#else

bool has_tiles() { return false; }
TileScope::TileScope() = default;
TileScope::~TileScope() = default;
void multiply(const LeftBlock&, const PackedRight&, const uint16_t*, int64_t, int64_t, const ResultBlock&) {}

#endif

}  // namespace burnish::cpu::amx
