// Puts the branch of an If in its place where the condition is a constant.
// In the cleanup stage, after constants are folded: conditions are often arithmetic on sizes, or on an input whose value is known.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldIf {
  static constexpr std::string_view name = "fold_if";
  static constexpr std::string_view summary = "replaces an If whose condition is known by its branch";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
