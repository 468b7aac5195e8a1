// A product with a weight matrix treats all rows alike, so exporters flatten the batch before it and restore it after it:
//   Reshape(MatMul(Reshape(x), w) + b)  ->  MatMul(x, w) + b
// Needs weights of rank 2, a result of at most four axes, and only steps along the last axis in between. What follows then sees one shape.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldMatmulReshapes {
  static constexpr std::string_view name = "fold_matmul_reshapes";
  static constexpr std::string_view summary = "drops the merging and splitting of batch axes around products with weights";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
