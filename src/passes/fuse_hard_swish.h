// Recognizes hard swish, by a hard sigmoid or by clip(x + 3, 0, 6) / 6, in any order of the products, and writes it as one step;
// a clip(x + 3, 0, 6) / 6 that gates nothing becomes a hard sigmoid. Called before fold_scale, which moves numbers about.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseHardSwish {
  static constexpr std::string_view name = "fuse_hard_swish";
  static constexpr std::string_view summary = "recognizes x * clip(x + 3, 0, 6) / 6";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
