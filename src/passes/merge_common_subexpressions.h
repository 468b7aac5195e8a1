// Computes equal things once: nodes of one operator over the same inputs, and constants of the same bytes.
// Called after the folds, which make different spellings equal. Random operators and control flow are never merged.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct MergeCommonSubexpressions {
  static constexpr std::string_view name = "merge_common_subexpressions";
  static constexpr std::string_view summary = "computes equal things once";
  size_t constant_limit = size_t{1} << 20;  // constants of more bytes are not compared
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
