// Recognizes 0.5 * x * (1 + erf(x / sqrt(2))) and 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) in any order of the products,
// and writes them as one pointwise step. Called before fold_scale, which moves numbers about.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseGelu {
  static constexpr std::string_view name = "fuse_gelu";
  static constexpr std::string_view summary = "recognizes GELU, by the error function or by tanh";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
