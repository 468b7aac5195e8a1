// Turns every view (Reshape, Squeeze, Unsqueeze, Flatten and chains of them) into one Reshape to a constant shape.
// Symbolic axes that stay in place are written as 0 and one more as -1; where that does not suffice the view is left as it is.
// Called before recognition, so that patterns need to know one kind of view only.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldReshapes {
  static constexpr std::string_view name = "fold_reshapes";
  static constexpr std::string_view summary = "turns chains of views into one Reshape to a constant shape";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
