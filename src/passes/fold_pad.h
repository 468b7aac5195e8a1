// Lets a Conv or Pool pad for itself instead of reading a padded copy. Only where it means the same: zeros on spatial axes for a
// convolution or a sum of windows that counts them, the lowest number for a maximum. Negative pads, other modes and automatic
// padding are left alone.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct FoldPad {
  static constexpr std::string_view name = "fold_pad";
  static constexpr std::string_view summary = "lets convolutions and pools pad for themselves";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
