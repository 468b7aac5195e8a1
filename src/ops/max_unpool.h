// MaxUnpool: the values of a max pool put back where they came from, zeros elsewhere. ONNX MaxUnpool, opsets 9, 11, 22.
// Inputs: X [N,C,d...], indices i64 like X (flat, into the smallest possible output), optional output shape i64 [rank].
#pragma once

#include "ops/fields.h"
#include "tensor/shape.h"

namespace burnish::ops {

struct MaxUnpool {
  std::vector<int64_t> kernel;
  std::vector<int64_t> strides;
  std::vector<int64_t> pads;
  static constexpr auto fields =
      std::tuple{field("kernel", &MaxUnpool::kernel), field("strides", &MaxUnpool::strides), field("pads", &MaxUnpool::pads)};
};

/// The shape of the output that the indices count in.
Shape smallest_unpooled(const MaxUnpool& op, const Shape& x);

}  // namespace burnish::ops
