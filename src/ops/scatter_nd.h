// ScatterND: a copy of data in which slices are replaced by, or combined with, updates. ONNX ScatterND, opsets 11, 13, 16, 18.
// Inputs: data, indices [.., k] (i64; i32 too), updates [.., the axes of data after the first k].
#pragma once

#include "ops/scatter_reduction.h"

namespace burnish::ops {

struct ScatterND {
  ScatterReduction reduction = ScatterReduction::none;
  static constexpr auto fields = std::tuple{field("reduction", &ScatterND::reduction)};
};

}  // namespace burnish::ops
