// Removes operators that change nothing: Identity, a cast to the same type, views, slices, pads, tiles and permutations that keep
// everything in place, a Concat or Split of one part, x*1, x/1, x+0, x-0, x^1, double negation. Called between all other folds.
// It is certain or does nothing: the result has the same type and, element by element, the same bits.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RemoveIdentities {
  static constexpr std::string_view name = "remove_identities";
  static constexpr std::string_view summary = "removes operators that change nothing";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
