// Products whose weights are kept in few bits by blocks: DequantizeLinear of a constant before MatMul becomes BlockMatMul, so that the weights are
// widened in registers and never written. Only for few rows: with many, the product costs so much more than widening that a library's is faster.
// Run where a backend computes BlockMatMul; it never touches weights with one scale for a tensor or a channel.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseBlockProducts {
  static constexpr std::string_view name = "fuse_block_products";
  static constexpr std::string_view summary = "multiplies by weights of few bits without widening them in memory";
  /// Products of more rows than this stay as they are.
  int64_t most_rows = 16;
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
