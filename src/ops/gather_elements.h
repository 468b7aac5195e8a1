// GatherElements: one element of data per index, picked along one axis. ONNX GatherElements, opsets 11, 13.
// Inputs: data, indices of the same rank (i32 or i64). out[i,j,k] = data[i,indices[i,j,k],k] for axis 1; output like indices.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct GatherElements {
  int64_t axis = 0;
  static constexpr auto fields = std::tuple{field("axis", &GatherElements::axis)};
};

}  // namespace burnish::ops
