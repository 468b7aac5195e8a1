// Computes nodes whose inputs are all constants, with the operators' reference evaluation. Called early, and again after other folds.
// It leaves random operators, control flow, and results much larger than their inputs (an Expand of one number) alone.
// Dequantized weights stay quantized, because tactics want the integers; only wide integers (biases) are dequantized here.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldConstants {
  static constexpr std::string_view name = "fold_constants";
  static constexpr std::string_view summary = "computes what depends on constants alone";
  int64_t growth_limit = int64_t{16} << 20;  // bytes by which the results may be larger than what they are computed from
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
