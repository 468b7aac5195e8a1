// Turns a ScatterElements whose indices are one for each row, expanded over the row, into a ScatterND of whole rows: PyTorch writes so what
// the levels of a detector put together, with millions of indices that say the same. Called while cleaning up.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RewriteScatters {
  static constexpr std::string_view name = "rewrite_scatters";
  static constexpr std::string_view summary = "scatters whole rows where all elements of a row have one index";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
