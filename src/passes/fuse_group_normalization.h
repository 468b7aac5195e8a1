// Recognizes Reshape to groups, instance normalization, Reshape back, which is how PyTorch exports group normalization, and takes the
// factor and addend for each channel that follow. Called after fuse_instance_normalization, which may make the middle part.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseGroupNormalization {
  static constexpr std::string_view name = "fuse_group_normalization";
  static constexpr std::string_view summary = "recognizes group normalization spelled out";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
