// Joins chains of Transposes, lets MatMul take a swap of its last two axes as a flag, moves a Transpose through pointwise operators
// where it meets its inverse, and turns one that only moves axes of size 1 into a Reshape.
// Called among the clean-ups. It never adds more permutations than it removes, and never looks at memory layouts.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldTransposes {
  static constexpr std::string_view name = "fold_transposes";
  static constexpr std::string_view summary = "joins, moves and absorbs permutations of axes";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
