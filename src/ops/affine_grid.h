// AffineGrid: the positions of a regular grid under an affine map, for GridSample. ONNX AffineGrid, opset 20.
// Inputs: theta [N,2,3] or [N,3,4], size i64 [4] or [5]: N, C and the spatial extents. Output [N,H,W,2] or [N,D,H,W,3].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct AffineGrid {
  bool align_corners = false;
  static constexpr auto fields = std::tuple{field("align_corners", &AffineGrid::align_corners)};
};

}  // namespace burnish::ops
