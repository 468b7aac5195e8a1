#include "backends/cuda/kernels/gemm_tiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "backends/cuda/driver/gpu.h"

namespace burnish::cuda {
namespace {

constexpr int first_with_clusters = 90, only_with_groups = 90;

constexpr std::array<GemmTiling, 13> by_warps{{
    {.m = 256, .n = 32, .k = 32, .warps_m = 4, .warps_n = 1, .stages = 3},
    {.m = 128, .n = 32, .k = 64, .warps_m = 4, .warps_n = 1, .stages = 3},
    {.m = 128, .n = 256, .k = 32, .warps_m = 2, .warps_n = 4},
    {.m = 128, .n = 128, .k = 32, .warps_m = 2, .warps_n = 2},
    {.m = 128, .n = 64, .k = 64, .warps_m = 2, .warps_n = 2, .stages = 3},
    {.m = 64, .n = 128, .k = 64, .warps_m = 2, .warps_n = 2, .stages = 3},
    {.m = 64, .n = 64, .k = 64, .warps_m = 2, .warps_n = 2},
    {.m = 64, .n = 32, .k = 64, .warps_m = 2, .warps_n = 2},
    {.m = 32, .n = 64, .k = 64, .warps_m = 2, .warps_n = 2},
    {.m = 32, .n = 32, .k = 64, .warps_m = 2, .warps_n = 2},
    {.m = 16, .n = 128, .k = 64, .warps_m = 1, .warps_n = 4},
    {.m = 16, .n = 64, .k = 64, .warps_m = 1, .warps_n = 4},
    {.m = 16, .n = 32, .k = 64, .warps_m = 1, .warps_n = 2},
}};

constexpr std::array<GemmTiling, 7> by_groups{{
    {.m = 256, .n = 128, .k = 64, .warps_m = 16, .warps_n = 1, .groups = true},
    {.m = 128, .n = 256, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 128, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 64, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 64, .n = 256, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 128, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 64, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
}};

int64_t divided(int64_t count, int64_t by) { return (count + by - 1) / by; }

int64_t tiles_of(const MatrixProduct& product, const GemmTiling& tiling) {
  return divided(product.m, tiling.m) * divided(product.n, tiling.n) * product.batches();
}

/// Sharing k pays where tiles alone do not fill the GPU and each part is still several stages long.
bool may_split(const GemmMachine& machine, const MatrixProduct& product, const GemmTiling& tiling, int splits) {
  if (splits == 1) return true;
  return machine.capability >= first_with_clusters and tiles_of(product, tiling) * splits <= 2 * machine.processors and
         divided(product.k, tiling.k) >= 2 * splits;
}

/// Blocks that one multiprocessor holds at once.
int resident(const GemmMachine& machine, const GemmTiling& tiling) {
  constexpr int reserved = 1024, registers = 65536, most_threads = 2048, besides_sums = 96;
  const int sums = tiling.m * tiling.n / tiling.threads();
  const int by_registers = registers / (tiling.threads() * std::min(255, sums + besides_sums));
  return std::max(1, std::min({machine.shared_bytes / (tiling.shared_bytes() + reserved), by_registers, most_threads / tiling.threads()}));
}

/// Cycles in which one block's stage keeps its multiprocessor busy: multiplying, reading shared memory, or copying.
double stage_cycles(const GemmTiling& tiling) {
  constexpr double shared_bytes_a_cycle = 128, copied_bytes_a_cycle = 33;
  const double by_warp = 560, by_group = 1900;  // multiplications a cycle
  const double rows = tiling.groups ? 64 : tiling.m / tiling.warps_m, columns = static_cast<double>(tiling.n) / tiling.warps_n;
  const double readers = tiling.groups ? tiling.warps_m / 4.0 : tiling.warps_m * tiling.warps_n;
  const double multiplying = static_cast<double>(tiling.m) * tiling.n * tiling.k / (tiling.groups ? by_group : by_warp);
  const double reading = readers * (rows + columns) * tiling.k * 2 / shared_bytes_a_cycle;
  const double copying = static_cast<double>(tiling.m + tiling.n) * tiling.k * 2 / copied_bytes_a_cycle;
  return std::max({multiplying, reading, copying});
}

}  // namespace

int GemmTiling::shared_bytes() const { return std::max(stages * (m + n) * k * 2, m * (n + 8) * 4); }

std::string GemmTiling::text() const {
  return fmt::format("tile={}x{}x{} {} stages={} split={}", m, n, k,
                     groups ? fmt::format("groups={}", warps_m / 4) : fmt::format("warps={}x{}", warps_m, warps_n), stages, splits);
}

GemmMachine gemm_machine() {
  GemmMachine machine;
  if (const GpuFacts& facts = gpu().facts(); gpu().reason().empty()) {
    machine.capability = facts.capability;
    machine.processors = facts.processors;
    machine.shared_bytes = facts.shared_bytes;
    machine.clock = std::max(1e9, facts.clock);
  }
  return machine;
}

std::vector<GemmTiling> gemm_tilings(const GemmMachine& machine, const MatrixProduct& product) {
  std::vector<GemmTiling> found;
  const auto add = [&](GemmTiling base) {
    // No more stages than there are tiles along k, so that more blocks are resident.
    if (not base.groups) base.stages = static_cast<int>(std::clamp<int64_t>(divided(product.k, base.k), 2, base.stages));
    if (base.shared_bytes() > machine.shared_bytes) return;
    for (const int splits : {1, 2, 4, 8}) {
      GemmTiling tiling = base;
      tiling.splits = splits;
      if (may_split(machine, product, base, splits)) found.push_back(tiling);
    }
  };
  std::ranges::for_each(by_warps, add);
  if (machine.capability == only_with_groups and product.right.k_inner) std::ranges::for_each(by_groups, add);
  return found;
}

double gemm_seconds(const GemmMachine& machine, const MatrixProduct& product, const GemmTiling& tiling) {
  // Fitted to the times of 538 tilings of ten products on one H200; a factor of 1.27 off in the mean.
  constexpr double launch = 2.0e-6, start_cycles = 1250, stage_latency = 135, cluster_cycles = 900, cycles_for_each_sum = 0.157;
  const double blocks = static_cast<double>(tiles_of(product, tiling)) * tiling.splits;
  const double together = std::min<double>(resident(machine, tiling), std::ceil(blocks / machine.processors));
  const double waves = std::ceil(blocks / (machine.processors * together));
  const double stages = std::ceil(static_cast<double>(divided(product.k, tiling.k)) / tiling.splits);
  // Each sum is kept in shared memory once, and by a cluster read once from afar.
  const double finish = cycles_for_each_sum * tiling.m * tiling.n * together * (tiling.splits > 1 ? 2 : 1);
  const double wave =
      start_cycles + stages * std::max(together * stage_cycles(tiling), stage_latency) + finish + (tiling.splits > 1 ? cluster_cycles : 0);
  return launch + waves * wave / machine.clock;
}

}  // namespace burnish::cuda
