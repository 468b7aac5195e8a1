// Tiles of depthwise convolutions: every sensible one is priced by its instructions, its traffic, and how well it fills the GPU.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "backends/cuda/driver/gpu.h"
#include "backends/cuda/kernels/depthwise.h"

namespace burnish::cuda {
namespace {

constexpr int most_threads = 256;
constexpr int registers_of_processor = 65536;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t span_of(const ops::WindowAxis& axis, int64_t outputs) {
  return (outputs - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
}

/// Positions of a tile's input that any output needs.
int64_t loads_of(const ops::WindowAxis& axis, int64_t outputs) {
  std::vector<bool> used(static_cast<size_t>(span_of(axis, outputs)), false);
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t k = 0; k < axis.kernel; ++k) used[static_cast<size_t>(o * axis.stride + k * axis.dilation)] = true;
  return std::ranges::count(used, true);
}

/// The groups of channels that lie side by side in a block: about 128 bytes of them, so that every row of a warp is a full line.
int across_of(const DepthwiseProblem& problem, int channels) {
  if (not problem.channels_last) return 1;
  const auto groups = static_cast<int>(ceil_div(problem.channels, channels));
  const int line = std::max(4, 128 / (channels * problem.element_bytes));
  if (groups <= line) return groups;
  for (int across = line + line / 2; across >= std::max(2, line - line / 4); --across)
    if (groups % across == 0) return across;
  return line;
}

int registers(const DepthwiseProblem& problem, const DepthwiseTile& tile) {
  const int64_t window = problem.height.kernel * problem.width.kernel;
  const int64_t row = loads_of(problem.width, tile.columns) * tile.channels;
  return static_cast<int>(tile.channels * (window + tile.rows * tile.columns) + row + row * problem.element_bytes / 4 + 24);
}

double seconds(const DepthwiseProblem& problem, const DepthwiseTile& tile) {
  const GpuFacts& facts = gpu().facts();
  const double processors = std::max(facts.processors, 1), clock = std::max(facts.clock, 1e9), bandwidth = std::max(facts.bandwidth, 1e11);
  const int used = registers(problem, tile);
  constexpr int most_registers = 224;
  if (used > most_registers) return 1;
  const int64_t window = problem.height.kernel * problem.width.kernel;
  const int64_t outputs = int64_t{tile.rows} * tile.columns;
  const double loads = static_cast<double>(loads_of(problem.height, tile.rows) * loads_of(problem.width, tile.columns));
  const double n = tile.channels;
  // Of one thread: multiplications, conversions of what it reads, weights, and what it does with a result.
  const double instructions = static_cast<double>(outputs * window) * n + loads * (n + 1.5) + static_cast<double>(window) * (n + 1) +
                              static_cast<double>(outputs) * (3 * n + 3) + 60;
  const int64_t blocks = problem.batch * ceil_div(problem.channels, int64_t{tile.across} * tile.channels) *
                         ceil_div(problem.height.output, int64_t{tile.high} * tile.rows) *
                         ceil_div(problem.width.output, int64_t{tile.wide} * tile.columns);
  const double resident =
      std::max(1.0, std::min(2048.0 / tile.threads(), registers_of_processor / (static_cast<double>(used) * tile.threads())));
  const double warps = tile.threads() / 32.0;
  // Four schedulers issue one instruction a cycle each; few warps do not keep them busy.
  const double waves = std::ceil(static_cast<double>(blocks) / (processors * resident));
  const double share = std::min(1.0, static_cast<double>(blocks) / (processors * resident));
  const double resident_warps = std::max(1.0, resident * warps * share);
  const double issue = std::min(4.0, resident_warps * 0.25);
  const double latency = (600 + 8 * loads) / clock;
  const double compute = waves * resident_warps * instructions / (issue * clock) * 1.2;
  // Rows and columns that blocks share are read by each of them, from the second-level cache.
  const double block_reads = static_cast<double>(span_of(problem.height, int64_t{tile.high} * tile.rows) *
                                                 span_of(problem.width, int64_t{tile.wide} * tile.columns)) *
                             tile.across * n * problem.element_bytes;
  const double cache = static_cast<double>(blocks) * block_reads / 4.5e12;
  const double elements = static_cast<double>(problem.batch * problem.channels) *
                          static_cast<double>(problem.height.input * problem.width.input + problem.height.output * problem.width.output);
  const double memory = elements * problem.element_bytes / (0.75 * bandwidth);
  return 1.5e-6 + latency + std::max({compute, cache, memory}) + 0.2 * std::min({compute, cache, memory});
}

}  // namespace

std::string DepthwiseTile::text() const { return fmt::format("{}c{}x{} {}x{}x{}", channels, rows, columns, across, wide, high); }

std::optional<DepthwiseTile> DepthwiseTile::parse(std::string_view text) {
  DepthwiseTile tile;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%dc%dx%d %dx%dx%d", &tile.channels, &tile.rows, &tile.columns, &tile.across, &tile.wide, &tile.high) != 6)
    return {};
  return tile;
}

std::vector<DepthwiseTile> depthwise_tiles(const DepthwiseProblem& problem, size_t at_most) {
  std::vector<DepthwiseTile> tiles;
  for (const int channels : {1, 2, 4, 8}) {
    if (problem.channels_last ? problem.channels % channels != 0 or channels * problem.element_bytes > 16 : channels > 1) continue;
    for (const int rows : {1, 2, 4, 7})
      for (const int columns : {1, 2, 4, 7, 8})
        for (const int high : {1, 2, 4, 8}) {
          if (rows > problem.height.output or columns > problem.width.output or (high - 1) * rows >= problem.height.output) continue;
          DepthwiseTile tile{.channels = channels, .rows = rows, .columns = columns};
          tile.across = across_of(problem, channels);
          tile.high = high;
          tile.wide = std::max(1, most_threads / (tile.across * high));
          tile.wide = static_cast<int>(std::min<int64_t>(tile.wide, ceil_div(problem.width.output, columns)));
          if (tile.threads() > most_threads) continue;
          tile.estimate = seconds(problem, tile);
          if (tile.estimate < 1) tiles.push_back(tile);
        }
  }
  std::ranges::stable_sort(tiles, {}, &DepthwiseTile::estimate);
  // Tiles of one thread that differ only in the shape of blocks are near to each other: one of them, unless it leads.
  std::vector<DepthwiseTile> best;
  for (const DepthwiseTile& tile : tiles) {
    const auto alike = std::ranges::count_if(best, [&](const DepthwiseTile& other) {
      return other.channels == tile.channels and other.rows == tile.rows and other.columns == tile.columns;
    });
    if (alike == 0) best.push_back(tile);
    if (best.size() == at_most) break;
  }
  return best;
}

}  // namespace burnish::cuda
