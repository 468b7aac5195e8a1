#include "backends/cuda/kernels/attention_cut.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/cuda/driver/gpu.h"

namespace burnish::cuda {
namespace {

constexpr int64_t deepest_for_tensor_cores = 128;
constexpr int warps = 4;

AttentionCut matrix_cut(int64_t rows, int64_t columns, int depth, int width) {
  AttentionCut cut;
  const int own_warps = static_cast<int>(std::clamp<int64_t>((rows + 15) / 16, 1, warps));
  const int keys = columns > 32 ? 64 : 32;
  cut.matrix = true;
  cut.rows = 16 * own_warps;
  cut.threads = 32 * own_warps;
  cut.shared_bytes = 2 * ((cut.rows + keys) * (depth + 8) + keys * (width + 8));
  cut.together = 2;
  cut.type = fmt::format("MatrixAttentionTile<{}, {}, {}, {}>", depth, width, own_warps, keys);
  return cut;
}

}  // namespace

AttentionCut attention_cut(int64_t rows, int64_t columns, int64_t head_depth, int64_t head_width, bool matrix) {
  const auto depth = static_cast<int>(head_depth), width = static_cast<int>(head_width);
  if (matrix) return matrix_cut(rows, columns, depth, width);
  AttentionCut cut;
  const int warp_rows = std::max(depth, width) > 128 ? 4 : 8;
  constexpr int keys = 32;
  cut.together = width >= 128 and width % 4 == 0 ? 4 : width >= 64 and width % 2 == 0 ? 2 : 1;
  cut.rows = warps * warp_rows;
  cut.threads = 32 * warps;
  const int padded_depth = (depth + 3) / 4 * 4 + 4;
  cut.shared_bytes = 4 * (cut.rows * padded_depth + keys * padded_depth + (keys * width + 3) / 4 * 4 + cut.rows * keys);
  cut.type = fmt::format("AttentionTile<{}, {}, {}, {}, {}>", depth, width, warps, warp_rows, cut.together);
  return cut;
}

bool fits_attention_tiles(DType storage, int64_t depth, int64_t width) {
  return byte_size(storage) == 2 and depth % 16 == 0 and width % 16 == 0 and depth <= deepest_for_tensor_cores and
         width <= deepest_for_tensor_cores;
}

double attention_seconds(const AttentionCut& cut, int64_t heads, int64_t rows, int64_t columns, int64_t depth_and_width) {
  // Whole tiles are computed, also where rows and keys do not fill them.
  const auto whole = [](int64_t extent, int64_t tile) { return static_cast<double>((extent + tile - 1) / tile * tile); };
  const double row_places = static_cast<double>(heads) * whole(rows, cut.rows);
  const double flops = 2 * row_places * whole(columns, cut.matrix ? 64 : 32) * static_cast<double>(depth_and_width);
  const double busy = std::min(1.0, row_places / cut.rows / (2.0 * std::max(1, gpu().facts().processors)));
  const double peak = cut.matrix ? 150e12 : 12e12;
  return 2.5e-6 + flops / (peak * busy);
}

}  // namespace burnish::cuda
