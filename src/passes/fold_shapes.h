// Replaces small integer tensors whose values inference knows by constants, so that Shape, Gather and Concat chains disappear.
// Where a size is symbolic, an Expand that needs not name it is told 1 instead, which broadcasts to the same shape.
// Called first and after every other clean-up: many patterns hide behind computed shapes.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldShapes {
  static constexpr std::string_view name = "fold_shapes";
  static constexpr std::string_view summary = "replaces integers that inference knows by constants";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
