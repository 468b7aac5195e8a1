// A Concat of all the slices that take every second (or every n-th) element along two axes becomes one Transpose between two Reshapes: what
// vision networks spell out when they turn patches of pixels into channels. Called before fusion; it never looks at values.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct MergeStridedSlices {
  static constexpr std::string_view name = "merge_strided_slices";
  static constexpr std::string_view summary = "moves patches into channels in one step";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
