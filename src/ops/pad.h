// Pad: elements added (or, with negative pads, taken away) around a tensor. ONNX Pad, opsets 1, 2, 11, 13, 18 (axes), 19 (wrap).
// Inputs: data, pads i64 [2*axes], optional value (scalar), optional axes.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class PadMode : uint8_t { constant, reflect, edge, wrap };
template <>
struct EnumNames<PadMode> {
  static constexpr std::array<std::string_view, 4> names{"constant", "reflect", "edge", "wrap"};
};

struct Pad {
  PadMode mode = PadMode::constant;
  static constexpr auto fields = std::tuple{field("mode", &Pad::mode)};
};

/// Pads for every axis: begins, then ends. Error on wrong lengths or axes.
std::vector<int64_t> full_pads(std::span<const int64_t> pads, std::span<const int64_t> axes, size_t rank);

/// The input position of an axis that position `at`, counted from the first input element, reads; -1 where it is filled.
int64_t padded_source(PadMode mode, int64_t at, int64_t extent);

}  // namespace burnish::ops
