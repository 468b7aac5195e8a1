// Fused: an anchor operator followed by a pointwise epilogue, run as one kernel where a tactic can, split off again where none can.
// Inputs: the anchor's inputs (anchor_inputs of them, omitted ones included), then the epilogue's further inputs, which broadcast to
// the anchor's output. Epilogue input 0 is the anchor's (single) output; input 1 + i is node input anchor_inputs + i.
// Outputs: those of the epilogue. Passes make it; ONNX has no such operator.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Fused {
  Op anchor;
  int64_t anchor_inputs = 0;
  Expr epilogue;
  static constexpr auto fields =
      std::tuple{field("anchor", &Fused::anchor), field("anchor_inputs", &Fused::anchor_inputs), field("epilogue", &Fused::epilogue)};
};

}  // namespace burnish::ops
