// SpaceToDepth: blocks of space gathered into channels; undoes DepthToSpace. ONNX SpaceToDepth, opsets 1, 13.
// Input [N,C,H,W], output [N,C*b*b,H/b,W/b]; output channels are (b,b,C) deep.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct SpaceToDepth {
  int64_t block = 1;
  static constexpr auto fields = std::tuple{field("block", &SpaceToDepth::block)};
};

}  // namespace burnish::ops
