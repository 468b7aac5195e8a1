// CumProd: running products along an axis. ONNX CumProd, opset 26. Inputs and attributes as those of CumSum.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct CumProd {
  bool exclusive = false;
  bool reverse = false;
  static constexpr auto fields = std::tuple{field("exclusive", &CumProd::exclusive), field("reverse", &CumProd::reverse)};
};

}  // namespace burnish::ops
