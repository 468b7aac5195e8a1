// DepthToSpace: blocks of channels spread over space. ONNX DepthToSpace, opsets 1, 11 (mode), 13.
// Input [N,C,H,W], output [N,C/(b*b),H*b,W*b]. Channels are (b,b,C') deep, or with `columns_first` (C',b,b): ONNX's DCR and CRD.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct DepthToSpace {
  int64_t block = 1;
  bool columns_first = false;
  static constexpr auto fields = std::tuple{field("block", &DepthToSpace::block), field("columns_first", &DepthToSpace::columns_first)};
};

}  // namespace burnish::ops
