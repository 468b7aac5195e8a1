// Col2Im: windows laid out as columns, added up where they overlap in a picture. ONNX Col2Im, opset 18.
// Inputs: columns [N, C * prod(block), L], image shape i64 [axes], block shape i64 [axes]. Output [N, C, image shape...].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Col2Im {
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;
  std::vector<int64_t> strides;
  static constexpr auto fields =
      std::tuple{field("dilations", &Col2Im::dilations), field("pads", &Col2Im::pads), field("strides", &Col2Im::strides)};
};

}  // namespace burnish::ops
