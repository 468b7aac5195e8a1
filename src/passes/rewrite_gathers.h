// Turns a Gather of one element at a constant index into a Slice and a Reshape, which plans can do without moving anything.
// Exporters write the split of a product into queries, keys and values so. Called while cleaning up, before views are folded.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RewriteGathers {
  static constexpr std::string_view name = "rewrite_gathers";
  static constexpr std::string_view summary = "turns a Gather at one constant index into a Slice and a view";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
