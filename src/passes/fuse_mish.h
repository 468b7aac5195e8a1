// Recognizes Mish, x * tanh(softplus(x)), also with softplus spelled log(1 + exp(x)), and writes it as one pointwise step.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseMish {
  static constexpr std::string_view name = "fuse_mish";
  static constexpr std::string_view summary = "recognizes x * tanh(softplus(x))";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
