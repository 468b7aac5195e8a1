// Rewrites Concat(a, b, c) into Concat(Concat(a, b), c) where Concat(a, b) exists already. Densely connected networks join the same growing list
// again and again; nested, every join extends the one before, and the plan can let all of them share one piece of memory.
// Called before fusion. The result has the same elements; nothing is computed twice.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct MergeConcatPrefixes {
  static constexpr std::string_view name = "merge_concat_prefixes";
  static constexpr std::string_view summary = "lets a Concat extend an earlier one that joins its first inputs";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
