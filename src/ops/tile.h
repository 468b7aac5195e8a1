// Tile: a tensor repeated along its axes. ONNX Tile, opsets 1 (one axis), 6, 13.
// Inputs: data, repeats i64 [rank].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Tile {
  static constexpr auto fields = std::tuple{};
};

}  // namespace burnish::ops
