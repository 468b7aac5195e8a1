// Products of a one-hot code, written as a comparison with all numbers, with a table of weights: each takes one row of the table, so that it
// becomes a Gather. Embeddings of networks from JAX and TensorFlow. Called before anything fuses. Numbers outside of the table give zeros.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RewriteOneHotProducts {
  static constexpr std::string_view name = "rewrite_one_hot_products";
  static constexpr std::string_view summary = "gathers rows where a one-hot code is multiplied with a table";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
