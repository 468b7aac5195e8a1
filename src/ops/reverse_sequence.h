// ReverseSequence: the first lengths[b] steps of each sequence in reverse order, the others unchanged. ONNX ReverseSequence, opset 10.
// Inputs: data, lengths i64 [batch]. The time and batch axes are 0 and 1 in either order.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct ReverseSequence {
  bool time_first = true;
  static constexpr auto fields = std::tuple{field("time_first", &ReverseSequence::time_first)};
};

}  // namespace burnish::ops
