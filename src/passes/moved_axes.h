// Steps that only move elements, seen from either side: an AxisTracker is taken across one of them. Called by pack_attention.
#pragma once

#include "ir/graph.h"
#include "passes/axis_tracker.h"

namespace burnish::passes {

/// From the value's axes to those of what it was moved from: that value, and the nodes that were passed. Invalid where a step computes.
struct Moved {
  ValueId value;
  std::vector<NodeId> passed;
};
Moved moved_from(const Graph& graph, AxisTracker& axes, ValueId value);
/// From the value's axes to those of what its only reader moves it to.
Moved moved_to(const Graph& graph, AxisTracker& axes, ValueId value);

}  // namespace burnish::passes
