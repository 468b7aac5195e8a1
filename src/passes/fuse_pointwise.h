// Joins connected pointwise operators of one output shape into one program with as many outputs as others need.
// A region is maximal within its limits; it never computes anything twice and never closes a cycle through operators outside.
// Called after recognition, which needs the single operators, and before fuse_epilogue, which takes whole programs.
// Where a value is needed in memory anyway, a region that a convolution or matrix product could end in is not joined with the next:
// an epilogue with one output is worth more than one read saved.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FusePointwise {
  static constexpr std::string_view name = "fuse_pointwise";
  static constexpr std::string_view summary = "joins pointwise operators of one shape into one program";
  size_t step_limit = 64;
  size_t input_limit = 16;
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
