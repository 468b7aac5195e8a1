#include "backends/cuda/kernels/gemm_tiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "backends/cuda/driver/gpu.h"

namespace burnish::cuda {
namespace {

constexpr int first_with_clusters = 90, only_with_groups = 90;
constexpr int64_t few_rows = 512;  // are multiplied in less time than their operands take to arrive

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

constexpr std::array<GemmTiling, 14> by_groups{{
    {.m = 256, .n = 128, .k = 64, .warps_m = 16, .warps_n = 1, .groups = true},
    {.m = 128, .n = 256, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 192, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 128, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 96, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 64, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 128, .n = 32, .k = 64, .warps_m = 8, .warps_n = 1, .groups = true},
    {.m = 64, .n = 256, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 192, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 128, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 96, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 64, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 48, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
    {.m = 64, .n = 32, .k = 64, .warps_m = 4, .warps_n = 1, .groups = true},
}};

int64_t divided(int64_t count, int64_t by) { return (count + by - 1) / by; }

int64_t tiles_of(const MatrixProduct& product, const GemmTiling& tiling) {
  return divided(product.m, tiling.m) * divided(product.n, tiling.n) * product.batches();
}

/// Sharing k pays where tiles alone do not fill the GPU and each part is still several stages long.
bool may_split(const GemmMachine& machine, const MatrixProduct& product, const GemmTiling& tiling, int splits) {
  if (splits == 1) return true;
  if (splits % 3 == 0 and divided(product.k, tiling.k) % splits != 0) return false;  // for what the powers of two divide badly
  return machine.capability >= first_with_clusters and tiles_of(product, tiling) * splits <= 2 * machine.processors and
         divided(product.k, tiling.k) >= 2 * splits;
}

/// A tiling with the numbers of stages that are worth a try. Groups that need no more stages than the usual ring has go without one. Where
/// there are few rows, a multiprocessor has but one block, which hides latency by asking for much at once.
std::vector<GemmTiling> stagings(const MatrixProduct& product, GemmTiling tiling, int splits) {
  constexpr int most_resident = 12, deep = 8, most_deep_edges = 160;
  tiling.splits = splits;
  const int64_t tiles = divided(product.k, tiling.k), each = divided(tiles, splits);
  const bool few = product.m <= few_rows;
  std::vector<GemmTiling> found;
  if (tiling.groups and (each <= tiling.stages or (few and each <= most_resident))) {
    found.push_back(tiling);
    found.back().stages = static_cast<int>(each);
    found.back().resident = true;
  }
  // No more stages than there are tiles along k, so that more blocks are resident.
  if (not tiling.groups) tiling.stages = static_cast<int>(std::clamp<int64_t>(tiles, 2, tiling.stages));
  if (not tiling.groups or each > tiling.stages) found.push_back(tiling);
  if (few and each >= deep and tiling.k == 64 and tiling.m + tiling.n <= most_deep_edges) {
    found.push_back(tiling);
    found.back().stages = deep;
  }
  return found;
}

/// Blocks that one multiprocessor holds at once.
int resident(const GemmMachine& machine, const GemmTiling& tiling) {
  constexpr int reserved = 1024, registers = 65536, most_threads = 2048, besides_sums = 96;
  const int sums = tiling.m * tiling.n / tiling.threads();
  const int by_registers = registers / (tiling.threads() * std::min(255, sums + besides_sums));
  return std::max(1, std::min({machine.shared_bytes / (tiling.shared_bytes() + reserved), by_registers, most_threads / tiling.threads()}));
}

/// Cycles in which one block's stage keeps its multiprocessor busy: multiplying, or reading shared memory.
double stage_cycles(const GemmTiling& tiling) {
  constexpr double shared_bytes_a_cycle = 128;
  const double by_warp = 560, by_group = 1900;  // multiplications a cycle
  const double rows = tiling.groups ? 64 : tiling.m / tiling.warps_m, columns = static_cast<double>(tiling.n) / tiling.warps_n;
  const double readers = tiling.groups ? tiling.warps_m / 4.0 : tiling.warps_m * tiling.warps_n;
  const double multiplying = static_cast<double>(tiling.m) * tiling.n * tiling.k / (tiling.groups ? by_group : by_warp);
  const double reading = readers * (rows + columns) * tiling.k * 2 / shared_bytes_a_cycle;
  return std::max(multiplying, reading);
}

/// What a product takes besides: seconds, and cycles of one multiprocessor.
struct Costs {
  double launch;
  double start;
  double latency;         // from asking for a stage to having it
  double bytes_a_cycle;   // that a multiprocessor copies while all others do
  double sum;             // kept in shared memory and read again by the epilogue
  double cluster, power;  // blocks of a cluster: what the first one more costs, and how that grows with their number
  double far;             // how much more a sum takes that is read from another block
};

double cluster_cycles(const Costs& costs, int splits) { return splits > 1 ? costs.cluster * std::pow(splits, costs.power) : 0; }

}  // namespace

int GemmTiling::shared_bytes() const { return std::max(stages * (m + n) * k * 2, m * (n + 8) * 4); }

std::string GemmTiling::text() const {
  return fmt::format("tile={}x{}x{} {} stages={}{} split={}", m, n, k,
                     groups ? fmt::format("groups={}", warps_m / 4) : fmt::format("warps={}x{}", warps_m, warps_n), stages,
                     resident ? " resident" : "", splits);
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
  const auto add = [&](const GemmTiling& base) {
    for (const int splits : {1, 2, 3, 4, 6, 8})
      if (may_split(machine, product, base, splits))
        for (const GemmTiling& tiling : stagings(product, base, splits))
          if (tiling.shared_bytes() <= machine.shared_bytes) found.push_back(tiling);
  };
  std::ranges::for_each(by_warps, add);
  if (machine.capability == only_with_groups and product.right.k_inner) std::ranges::for_each(by_groups, add);
  return found;
}

double gemm_seconds(const GemmMachine& machine, const MatrixProduct& product, const GemmTiling& tiling) {
  // Fitted to the times of 538 tilings of ten products on one H200; a factor of 1.27 off in the mean.
  constexpr Costs usual{
      .launch = 2.0e-6, .start = 1250, .latency = 270, .bytes_a_cycle = 33, .sum = 0.157, .cluster = 900, .power = 0, .far = 2};
  // Fitted to those of 276 tilings of eight products of 128 and 197 rows, as steps of transformers whose weights come from memory; 1.27 too.
  constexpr Costs with_few_rows{
      .launch = 1.34e-6, .start = 0, .latency = 2560, .bytes_a_cycle = 45, .sum = 0.378, .cluster = 284, .power = 1.5, .far = 1.28};
  const Costs& costs = product.m <= few_rows ? with_few_rows : usual;
  const double blocks = static_cast<double>(tiles_of(product, tiling)) * tiling.splits;
  const double together = std::min<double>(resident(machine, tiling), std::ceil(blocks / machine.processors));
  const double waves = std::ceil(blocks / (machine.processors * together));
  const double stages = std::ceil(static_cast<double>(divided(product.k, tiling.k)) / tiling.splits);
  const double ahead = tiling.resident ? stages : tiling.stages - (tiling.groups ? 2 : 1);
  const double copying = static_cast<double>(tiling.m + tiling.n) * tiling.k * 2 / costs.bytes_a_cycle;
  // Blocks of one multiprocessor multiply in turns; all blocks of the GPU share the way from the cache.
  const double stage = std::max(
      {together * stage_cycles(tiling), blocks / (waves * machine.processors) * copying, tiling.resident ? 0 : costs.latency / ahead});
  const double finish = costs.sum * tiling.m * tiling.n * together * (tiling.splits > 1 ? costs.far : 1);
  const double wave = costs.start + stages * stage + finish + cluster_cycles(costs, tiling.splits);
  return costs.launch + waves * wave / machine.clock;
}

}  // namespace burnish::cuda
