// Resize: modes, coordinate rules, roundings, up and down, by scales and by sizes, single axes.
#include "ops/resize.h"

#include "suite/suite.h"

namespace burnish::suite {
namespace {

Input scales(std::initializer_list<float> values) { return constant<float>({static_cast<int64_t>(values.size())}, values); }

ops::Resize resize(ops::ResizeMode mode, ops::ResizeCoordinates coordinates) {
  ops::Resize op;
  op.mode = mode;
  op.coordinates = coordinates;
  return op;
}

}  // namespace

BURNISH_CASES(resize) {
  using Coordinates = ops::ResizeCoordinates;
  for (const auto mode : {ops::ResizeMode::nearest, ops::ResizeMode::linear, ops::ResizeMode::cubic})
    for (const auto coordinates : {Coordinates::half_pixel, Coordinates::half_pixel_symmetric, Coordinates::pytorch_half_pixel,
                                   Coordinates::align_corners, Coordinates::asymmetric}) {
      const ops::Resize op = resize(mode, coordinates);
      const int64_t taps = mode == ops::ResizeMode::nearest ? 1 : mode == ops::ResizeMode::linear ? 4 : 16;
      cases.add(op, {input(f32, {1, 3, 5, 6}), omitted(), scales({1, 1, 2, 2})}).sums(taps);
      cases.add(op, {input(f32, {1, 3, 8, 8}), omitted(), scales({1, 1, 0.5F, 0.5F})}).sums(taps);
      cases.add(op, {input(f32, {1, 3, 5, 6}), omitted(), omitted(), list({1, 3, 7, 11})}).sums(taps);
    }
  for (const auto rounding : {ops::ResizeNearest::round_prefer_floor, ops::ResizeNearest::round_prefer_ceil, ops::ResizeNearest::floor,
                              ops::ResizeNearest::ceil}) {
    ops::Resize op = resize(ops::ResizeMode::nearest, Coordinates::asymmetric);
    op.nearest = rounding;
    cases.add(op, {input(f32, {2, 17, 6, 5}), omitted(), scales({1, 1, 2, 3})});
    cases.add(op, {input(f32, {1, 2, 9, 7}), omitted(), scales({1, 1, 0.6F, 0.8F})});
  }
  ops::Resize upsample = resize(ops::ResizeMode::nearest, Coordinates::asymmetric);
  upsample.nearest = ops::ResizeNearest::floor;
  for (const int64_t channels : {1, 16, 33})
    cases.add(upsample, {input(f32, {1, channels, 4, 4}), omitted(), scales({1, 1, 2, 2})}).named("doubling");
  for (const DType type : {f16, u8, i8}) cases.add(upsample, {input(type, {1, 4, 3, 3}), omitted(), scales({1, 1, 2, 2})});
  ops::Resize few = resize(ops::ResizeMode::linear, Coordinates::half_pixel);
  few.axes = {2, 3};
  cases.add(few, {input(f32, {1, 2, 4, 4}), omitted(), scales({2, 3})}).named("two axes").sums(4);
  few.axes = {3};
  few.antialias = true;
  cases.add(few, {input(f32, {1, 2, 4, 12}), omitted(), scales({0.5F})}).named("antialias").sums(4);
  for (const auto mode : {ops::ResizeMode::nearest, ops::ResizeMode::linear, ops::ResizeMode::cubic}) {
    ops::Resize cropped = resize(mode, Coordinates::tf_crop_and_resize);
    cropped.extrapolation = 1.5;
    cases
        .add(cropped,
             {input(f32, {1, 3, 6, 5}), constant<float>({8}, {0, 0, 0.25F, -0.5F, 1, 1, 0.75F, 1.25F}), omitted(), list({1, 3, 4, 9})})
        .named("cropped")
        .sums(16);
  }
  ops::Resize shrinking = resize(ops::ResizeMode::cubic, Coordinates::half_pixel);
  shrinking.antialias = true;
  shrinking.exclude_outside = true;
  cases.add(shrinking, {input(f32, {1, 2, 15, 13}), omitted(), omitted(), list({1, 2, 4, 5})}).named("antialias").sums(200);
  for (const DType type : {f16, bf16})
    cases.add(resize(ops::ResizeMode::linear, Coordinates::half_pixel), {input(type, {2, 16, 5, 7}), omitted(), scales({1, 1, 2, 1.5F})})
        .sums(4);
  cases.add(resize(ops::ResizeMode::linear, Coordinates::half_pixel), {input(f32, {2, 8, 1, 1}), omitted(), omitted(), list({2, 8, 3, 5})})
      .named("a single pixel");
  cases.add(resize(ops::ResizeMode::linear, Coordinates::align_corners), {input(f32, {1, 2, 3, 4, 5}), omitted(), scales({1, 1, 2, 2, 2})})
      .named("volumes")
      .sums(8);
  cases.add(resize(ops::ResizeMode::linear, Coordinates::half_pixel), {input(f32, {2, 3, 7}), omitted(), scales({1, 1, 1.5F})})
      .named("one axis of signals")
      .sums(2);
  cases.add(upsample, {input(f32, {1, 3, 4, 4}), omitted(), scales({1, 1, -1, 2})}).fails("");
  cases.add(upsample, {input(f32, {1, 3, 4, 4}), omitted(), scales({1, 2})}).fails("");
}

}  // namespace burnish::suite
