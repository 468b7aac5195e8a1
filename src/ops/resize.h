// Resize: interpolation along chosen axes. ONNX Resize, opsets 10, 11, 13, 18, 19; Upsample 7, 9.
// Inputs: X, optional roi, optional scales (f32), optional sizes (i64); exactly one of scales and sizes.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class ResizeMode : uint8_t { nearest, linear, cubic };
template <>
struct EnumNames<ResizeMode> {
  static constexpr std::array<std::string_view, 3> names{"nearest", "linear", "cubic"};
};
enum class ResizeCoordinates : uint8_t {
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_crop_and_resize,
  tf_half_pixel_for_nn
};
template <>
struct EnumNames<ResizeCoordinates> {
  static constexpr std::array<std::string_view, 7> names{"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",  "align_corners",
                                                         "asymmetric", "tf_crop_and_resize",   "tf_half_pixel_for_nn"};
};
enum class ResizeNearest : uint8_t { round_prefer_floor, round_prefer_ceil, floor, ceil };
template <>
struct EnumNames<ResizeNearest> {
  static constexpr std::array<std::string_view, 4> names{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
};
enum class ResizeAspect : uint8_t { stretch, not_larger, not_smaller };
template <>
struct EnumNames<ResizeAspect> {
  static constexpr std::array<std::string_view, 3> names{"stretch", "not_larger", "not_smaller"};
};

struct Resize {
  ResizeMode mode = ResizeMode::nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::half_pixel;
  ResizeNearest nearest = ResizeNearest::round_prefer_floor;
  ResizeAspect aspect = ResizeAspect::stretch;
  double cubic_a = -0.75;
  bool exclude_outside = false;
  bool antialias = false;
  double extrapolation = 0;
  std::vector<int64_t> axes;  // empty: all
  static constexpr auto fields = std::tuple{field("mode", &Resize::mode),
                                            field("coordinates", &Resize::coordinates),
                                            field("nearest", &Resize::nearest),
                                            field("aspect", &Resize::aspect),
                                            field("cubic_a", &Resize::cubic_a),
                                            field("exclude_outside", &Resize::exclude_outside),
                                            field("antialias", &Resize::antialias),
                                            field("extrapolation", &Resize::extrapolation),
                                            field("axes", &Resize::axes)};
};

}  // namespace burnish::ops
