// GridSample: a picture read at positions that a second tensor gives. ONNX GridSample, opsets 16, 20, 22.
// Inputs: X [N,C,spatial...], grid [N,out...,axes] with positions from -1 to 1, the last spatial axis first. Output [N,C,out...].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class GridMode : uint8_t { linear, nearest, cubic };
template <>
struct EnumNames<GridMode> {
  static constexpr std::array<std::string_view, 3> names{"linear", "nearest", "cubic"};
};
enum class GridPadding : uint8_t { zeros, border, reflection };
template <>
struct EnumNames<GridPadding> {
  static constexpr std::array<std::string_view, 3> names{"zeros", "border", "reflection"};
};

struct GridSample {
  GridMode mode = GridMode::linear;
  GridPadding padding = GridPadding::zeros;
  bool align_corners = false;
  static constexpr auto fields = std::tuple{field("mode", &GridSample::mode), field("padding", &GridSample::padding),
                                            field("align_corners", &GridSample::align_corners)};
};

}  // namespace burnish::ops
