// Turns a Gather of one element at a constant index into a Slice and a Reshape, which plans can do without moving anything: exporters write
// the split of a product into queries, keys and values so. Gathers from a constant table before its type or scale is changed: embeddings
// kept in few bits. Called while cleaning up, before views are folded.
#pragma once

#include "passes/pass.h"

namespace burnish::passes {

struct RewriteGathers {
  static constexpr std::string_view name = "rewrite_gathers";
  static constexpr std::string_view summary =
      "turns a Gather at one constant index into a view, and gathers from a table before converting it";
  bool run(Graph& graph) const;
};

}  // namespace burnish::passes
