// Sequences whose tensors and positions are known while compiling disappear: what exporters write for `split`, `chunk` and `unbind` becomes a Split,
// a tensor taken out at a constant position that tensor, a joined sequence a Concat. What is left of sequences runs on the host.
#pragma once

#include "ir/graph.h"

namespace burnish::passes {

struct RemoveSequences {
  static constexpr std::string_view name = "remove_sequences";
  static constexpr std::string_view summary = "replaces sequences whose tensors are known by the tensors";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
