// @file@: TODO what it changes, in one line.
// pipeline.cpp orders the passes: add it there, with a sentence where the place matters.
#pragma once

#include <string_view>

#include "ir/graph.h"

namespace burnish::passes {

struct @Name@ {
  static constexpr std::string_view name = "@file@";
  static constexpr std::string_view summary = "TODO what it does, in half a line";
  /// True where anything changed.
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
