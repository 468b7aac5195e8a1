// Recognizes x / sqrt(mean(x^2) + epsilon) and takes the factor that follows as its scale.
// The mean runs over the last axes. Called before pointwise fusion.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FuseRmsNormalization {
  static constexpr std::string_view name = "fuse_rms_normalization";
  static constexpr std::string_view summary = "recognizes RMS normalization spelled out";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
