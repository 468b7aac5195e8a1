// Gather: slices of data along one axis, picked by index. ONNX Gather, opsets 1, 11 (negative indices), 13.
// Inputs: data [d0..dn], indices [i0..im] (i32 or i64). Output [d0..d(axis-1), i0..im, d(axis+1)..dn].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Gather {
  int64_t axis = 0;
  static constexpr auto fields = std::tuple{field("axis", &Gather::axis)};
};

}  // namespace burnish::ops
