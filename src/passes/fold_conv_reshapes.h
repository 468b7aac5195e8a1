// Convolutions of signals that exporters write with one more axis of size 1, put in before and taken out behind: without it they run along the
// axis that kernels are fastest at, and what follows fuses. Called among the clean-ups. A convolution that is not followed by the Reshape
// that takes the axis out stays as it is.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldConvReshapes {
  static constexpr std::string_view name = "fold_conv_reshapes";
  static constexpr std::string_view summary = "drops axes of size 1 around convolutions of signals";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
