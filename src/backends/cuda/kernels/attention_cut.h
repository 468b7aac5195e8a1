// How our attention kernels are cut into blocks, and what that costs: see attention.cuh and attention_tiles.cuh. Shared by the tactics that
// run them over strided and over packed operands.
#pragma once

#include <cstdint>
#include <string>

#include "burnish/dtype.h"

namespace burnish::cuda {

constexpr int64_t deepest_head = 256;

struct AttentionCut {
  bool matrix = false;  // MatrixAttentionTile, else AttentionTile
  int rows = 0;         // of a block
  int threads = 0, shared_bytes = 0;
  int together = 1;  // results that are stored as one
  std::string type;
};
/// Of queries and keys of `depth` columns and values of `width`.
AttentionCut attention_cut(int64_t rows, int64_t columns, int64_t depth, int64_t width, bool matrix);

/// Whether heads of this storage and size are for tensor cores.
bool fits_attention_tiles(DType storage, int64_t depth, int64_t width);

/// Seconds of arithmetic, launch included.
double attention_seconds(const AttentionCut& cut, int64_t heads, int64_t rows, int64_t columns, int64_t depth_and_width);

}  // namespace burnish::cuda
