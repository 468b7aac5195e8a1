// How our attention kernels are cut into blocks, and what that costs: see attention.cuh and attention_tiles.cuh. Shared by the tactics that
// run them over strided and over packed operands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/dtype.h"

namespace burnish::cuda {

constexpr int64_t deepest_head = 256;

/// What is attended: `heads` counts those of all batches; keys have `depth` columns and values `width`.
struct AttentionSizes {
  int64_t heads = 1, rows = 0, columns = 0, depth = 0, width = 0;
};

struct AttentionCut {
  bool matrix = false;  // MatrixAttentionTile, else AttentionTile
  int rows = 0;         // of a block
  int threads = 0, shared_bytes = 0;
  int together = 1;     // results that are stored as one
  int whole_keys = 32;  // that are always computed, whether they exist or not
  std::string type;
  std::string knobs;  // empty unless on tensor cores: "tensor-cores", or "tensor-cores rows=32 groups=4"
};
/// In float.
AttentionCut attention_cut(const AttentionSizes& sizes);
/// On tensor cores, the most promising first: more than one where blocks are few.
std::vector<AttentionCut> attention_matrix_cuts(const AttentionSizes& sizes);
/// The one that the knobs name. Throws Error.
AttentionCut attention_cut_named(const AttentionSizes& sizes, std::string_view knobs);

/// Whether heads of this storage and size are for tensor cores.
bool fits_attention_tiles(DType storage, int64_t depth, int64_t width);

/// Seconds of arithmetic, launch included.
double attention_seconds(const AttentionCut& cut, const AttentionSizes& sizes);

}  // namespace burnish::cuda
