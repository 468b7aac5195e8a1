// Removes nodes whose results reach no output of the graph. The pass manager does the same after every change;
// as a pass of its own it stands first, so that no other pass looks at dead nodes.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RemoveDead {
  static constexpr std::string_view name = "remove_dead";
  static constexpr std::string_view summary = "removes nodes that nobody needs";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
