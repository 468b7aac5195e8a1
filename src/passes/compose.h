// Building one pointwise program out of several nodes: what fuse_pointwise writes for a region and fuse_epilogue behind an anchor.
// Inputs are collected once each, single numbers become constants of the program, equal steps are computed once.
// It never decides what belongs together.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "ir/expr.h"
#include "ir/graph.h"

namespace burnish::passes {

struct Program {
  Expr expr;
  std::vector<ValueId> inputs;   // one for each input of the expression
  std::vector<ValueId> outputs;  // the values of the graph that its outputs compute
};

/// One program for pointwise nodes listed in order of execution, giving the values `outputs`, each of shape `domain`.
Program compose(const Graph& graph, std::span<const NodeId> members, std::span<const ValueId> outputs, const Shape& domain);

/// The same program with `first` as its input 0, and with `first` as one more output where `keep_first`.
Program with_first_input(const Program& program, ValueId first, bool keep_first);

}  // namespace burnish::passes
