// Recognizes standardization of each channel of each sample over its spatial axes, and takes the factor and addend for each channel
// that follow. Called before pointwise fusion.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseInstanceNormalization {
  static constexpr std::string_view name = "fuse_instance_normalization";
  static constexpr std::string_view summary = "recognizes instance normalization spelled out";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
