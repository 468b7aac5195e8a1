// Several products of one input with constant matrices (queries, keys and values; gate and up) become one product and a Split.
// Biases that follow are merged too. Worth it where few rows are multiplied, because then reading weights and starting kernels
// is what costs.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct MergeParallelMatmuls {
  static constexpr std::string_view name = "merge_parallel_matmuls";
  static constexpr std::string_view summary = "multiplies one input by several weight matrices at once";
  /// Products of more rows are left apart: there the product pays for itself, and cutting the result copies it once more.
  int64_t row_limit = 64;
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
