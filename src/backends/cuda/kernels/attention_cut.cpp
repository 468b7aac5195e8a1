#include "backends/cuda/kernels/attention_cut.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/cuda/kernels/gemm_tiles.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

constexpr int64_t deepest_for_tensor_cores = 128;
constexpr int warps = 4, most_warps = 8;
constexpr std::string_view matrix_knob = "tensor-cores";

int64_t divided(int64_t count, int64_t by) { return (count + by - 1) / by; }

/// Keys of a group's tile: the wider one unless groups would go without.
int keys_of(const AttentionSizes& sizes, int groups) {
  constexpr int wide = 64, narrow = 32;
  return sizes.columns > narrow and (groups - 1) * wide < sizes.columns ? wide : narrow;
}

AttentionCut matrix_cut(const AttentionSizes& sizes, int row_warps, int groups) {
  const auto depth = static_cast<int>(sizes.depth), width = static_cast<int>(sizes.width);
  const int keys = keys_of(sizes, groups);
  AttentionCut cut;
  cut.matrix = true;
  cut.rows = 16 * row_warps;
  cut.threads = 32 * row_warps * groups;
  const int operands = 2 * (cut.rows * (depth + 8) + groups * keys * (depth + width + 16));
  const int merged = groups == 1 ? 0 : 4 * groups * cut.rows * (width + 8 + 2);
  cut.shared_bytes = std::max(operands, merged);
  cut.together = 2;
  cut.whole_keys = groups * keys;
  cut.type = fmt::format("MatrixAttentionTile<{}, {}, {}, {}, {}>", depth, width, row_warps, keys, groups);
  cut.knobs = groups == 1 ? std::string(matrix_knob) : fmt::format("{} rows={} groups={}", matrix_knob, cut.rows, groups);
  return cut;
}

int most_row_warps(const AttentionSizes& sizes) { return static_cast<int>(std::clamp<int64_t>(divided(sizes.rows, 16), 1, warps)); }

}  // namespace

AttentionCut attention_cut(const AttentionSizes& sizes) {
  const auto depth = static_cast<int>(sizes.depth), width = static_cast<int>(sizes.width);
  AttentionCut cut;
  const int warp_rows = std::max(depth, width) > 128 ? 4 : 8;
  constexpr int keys = 32;
  cut.together = width >= 128 and width % 4 == 0 ? 4 : width >= 64 and width % 2 == 0 ? 2 : 1;
  cut.rows = warps * warp_rows;
  cut.threads = 32 * warps;
  const int padded_depth = (depth + 3) / 4 * 4 + 4;
  cut.shared_bytes = 4 * (cut.rows * padded_depth + keys * padded_depth + (keys * width + 3) / 4 * 4 + cut.rows * keys);
  cut.whole_keys = keys;
  cut.type = fmt::format("AttentionTile<{}, {}, {}, {}, {}>", depth, width, warps, warp_rows, cut.together);
  return cut;
}

std::vector<AttentionCut> attention_matrix_cuts(const AttentionSizes& sizes) {
  const GemmMachine machine = gemm_machine();
  const int all = most_row_warps(sizes);
  std::vector<AttentionCut> cuts{matrix_cut(sizes, all, 1)};
  // Warps that share rows pay where the GPU would be half empty otherwise.
  if (sizes.heads * divided(sizes.rows, 16 * all) >= 2 * machine.processors) return cuts;
  for (const int row_warps : {1, 2, 4})
    for (const int groups : {2, 4}) {
      if (row_warps > all or row_warps * groups > most_warps or (groups - 1) * keys_of(sizes, groups) >= sizes.columns) continue;
      AttentionCut cut = matrix_cut(sizes, row_warps, groups);
      if (cut.shared_bytes <= machine.shared_bytes) cuts.push_back(std::move(cut));
    }
  std::ranges::stable_sort(cuts, {}, [&](const AttentionCut& cut) { return attention_seconds(cut, sizes); });
  return cuts;
}

AttentionCut attention_cut_named(const AttentionSizes& sizes, std::string_view knobs) {
  if (knobs.empty()) return attention_cut(sizes);
  const AttentionCut usual = matrix_cut(sizes, most_row_warps(sizes), 1);
  if (knobs == usual.knobs) return usual;
  for (const int row_warps : {1, 2, 4})
    for (const int groups : {2, 4})
      if (AttentionCut cut = matrix_cut(sizes, row_warps, groups); cut.knobs == knobs) return cut;
  fail("unknown knobs `{}`", knobs);
}

bool fits_attention_tiles(DType storage, int64_t depth, int64_t width) {
  return byte_size(storage) == 2 and depth % 16 == 0 and width % 16 == 0 and depth <= deepest_for_tensor_cores and
         width <= deepest_for_tensor_cores;
}

double attention_seconds(const AttentionCut& cut, const AttentionSizes& sizes) {
  // Whole tiles are computed, also where rows and keys do not fill them.
  const double blocks = static_cast<double>(sizes.heads * divided(sizes.rows, cut.rows));
  const double keys = static_cast<double>(divided(sizes.columns, cut.whole_keys) * cut.whole_keys);
  const double flops = 2 * blocks * cut.rows * keys * static_cast<double>(sizes.depth + sizes.width);
  const double warps_busy = blocks * cut.threads / 32 / (8.0 * gemm_machine().processors);
  const double peak = cut.matrix ? 150e12 : 12e12;
  return 2.5e-6 + flops / (peak * std::min(1.0, warps_busy));
}

}  // namespace burnish::cuda
