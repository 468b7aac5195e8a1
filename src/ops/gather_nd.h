// GatherND: slices of data, picked by coordinates. ONNX GatherND, opsets 11, 12 (batch_dims), 13.
// Inputs: data, indices [.., k] (i64; i32 too): each row of k numbers names a slice of the axes after the first batch_dims + k.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct GatherND {
  int64_t batch_dims = 0;
  static constexpr auto fields = std::tuple{field("batch_dims", &GatherND::batch_dims)};
};

}  // namespace burnish::ops
