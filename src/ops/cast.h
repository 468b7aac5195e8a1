// Cast, for what a pointwise step does not do: conversion from and to strings, and to float8 with a choice of overflow and rounding.
// ONNX Cast and CastLike, opsets 1 to 25; every other cast is imported as Pointwise. Reference evaluation only.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

/// How numbers between two powers of two become f8e8m0.
enum class CastRounding : uint8_t { up, down, nearest };
template <>
struct EnumNames<CastRounding> {
  static constexpr std::array<std::string_view, 3> names{"up", "down", "nearest"};
};
/// ONNX's `round_mode`; throws Error on an unknown value.
CastRounding cast_rounding(std::string_view name);

struct Cast {
  DType to = DType::f32;
  bool saturate = true;
  CastRounding rounding = CastRounding::up;
  static constexpr auto fields = std::tuple{field("to", &Cast::to), field("saturate", &Cast::saturate), field("rounding", &Cast::rounding)};
};

}  // namespace burnish::ops
