// Takes fused nodes apart again where no tactic runs them whole: the longest prefix of the epilogue that some tactic takes stays with the
// anchor, the rest becomes a Pointwise. Called by `candidates`; it decides nothing about speed.
#pragma once

#include <functional>

#include "ir/patch.h"
#include "ops/fused.h"
#include "tactics/request.h"

namespace burnish::tactics {

/// Whether some fast tactic takes a request.
using Accepts = std::function<bool(const OpRequest&)>;

/// The change that splits `node`, a Fused whose request is `whole`.
Patch split_fused(const Graph& graph, const Node& node, const ops::Fused& fused, const OpRequest& whole, const Accepts& accepts);

/// An epilogue cut after its first `steps` steps. Both parts list the epilogue's inputs they read: for the prefix, 0 comes first; for the
/// suffix, input 0 is the prefix's result and the list names the others.
struct EpilogueCut {
  Expr prefix;
  std::vector<size_t> prefix_inputs;
  Expr suffix;
  std::vector<size_t> suffix_inputs;
};

/// Nothing where more than one value would have to cross the cut.
std::optional<EpilogueCut> cut_epilogue(const Expr& epilogue, size_t steps);

}  // namespace burnish::tactics
