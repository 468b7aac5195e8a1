// Recognizes layer normalization spelled out in means, differences and roots, as PyTorch and TensorFlow export it, and takes the
// factor and addend that follow into the operator. The mean runs over the last axes; scale and bias have their shape.
// Called before pointwise fusion; it never changes what epsilon or the axes are.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseLayerNormalization {
  static constexpr std::string_view name = "fuse_layer_normalization";
  static constexpr std::string_view summary = "recognizes layer normalization spelled out";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
