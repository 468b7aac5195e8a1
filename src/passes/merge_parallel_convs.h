// Several 1x1 convolutions of one input with equal attributes and constant weights become one convolution and a Split.
// Off by default: the parts are copied out again, which costs more than reading the input once more unless slices are read in place.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct MergeParallelConvs {
  static constexpr std::string_view name = "merge_parallel_convs";
  static constexpr std::string_view summary = "applies several 1x1 convolutions to one input at once";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
