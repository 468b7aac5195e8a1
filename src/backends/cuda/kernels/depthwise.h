// How depthwise convolutions are cut into tiles: the choice that decides their speed, apart from kernels so that it can be tested alone.
#pragma once

#include <vector>

#include "ops/window.h"

namespace burnish::cuda {

/// See DepthwiseTile in depthwise.cuh.
struct DepthwiseTile {
  int channels = 1, rows = 1, columns = 1;
  int across = 1, wide = 1, high = 1;
  double estimate = 0;  // seconds

  int threads() const { return across * wide * high; }
  std::string text() const;  // "4c2x4 16x4x4"
  static std::optional<DepthwiseTile> parse(std::string_view text);
};

struct DepthwiseProblem {
  int64_t batch = 1, channels = 1;
  ops::WindowAxis height, width;
  int element_bytes = 4;
  bool channels_last = false;
};

/// The best few, the best first.
std::vector<DepthwiseTile> depthwise_tiles(const DepthwiseProblem& problem, size_t at_most);

}  // namespace burnish::cuda
