// A product with a matrix of weights and the steps behind it that treat every row alike: what may be computed for rows in any order.
// Called by passes that move reshapes, transposes and partitions of rows from one side of it to the other.
#pragma once

#include <vector>

#include "ir/graph.h"
#include "ir/patch.h"

namespace burnish::passes {

struct LinearChain {
  const Node* product = nullptr;   // a MatMul with weights of rank 2, rows untransposed
  std::vector<const Node*> steps;  // pointwise, in order of execution
};

/// The operand of a step whose other operands are constants along the last axis at most; invalid where it is no such step.
ValueId moving_operand(const Graph& graph, const Node& node);

/// The chain that computes `id`, values inside of it read by nobody else; `id` itself may have any users.
std::optional<LinearChain> linear_above(const Graph& graph, ValueId id);

/// The chain over other rows.
ValueId repeated(Patch& patch, const Graph& graph, const LinearChain& chain, ValueId rows);

}  // namespace burnish::passes
