// Recognizes x * sigmoid(x) (SiLU, Swish) and x * sigmoid(a * x) (quick GELU) and writes them as one pointwise step.
// Called before fold_scale, which moves numbers about.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseSilu {
  static constexpr std::string_view name = "fuse_silu";
  static constexpr std::string_view summary = "recognizes x * sigmoid(a x)";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
