// WindowFunction: the weights of a signal window of a given size. ONNX HannWindow, HammingWindow, BlackmanWindow, opset 17.
// Input: size, a scalar i32 or i64. Output [size].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class WindowKind : uint8_t { hann, hamming, blackman };
template <>
struct EnumNames<WindowKind> {
  static constexpr std::array<std::string_view, 3> names{"hann", "hamming", "blackman"};
};

struct WindowFunction {
  WindowKind kind = WindowKind::hann;
  DType dtype = DType::f32;
  bool periodic = true;
  static constexpr auto fields = std::tuple{field("kind", &WindowFunction::kind), field("dtype", &WindowFunction::dtype),
                                            field("periodic", &WindowFunction::periodic)};
};

}  // namespace burnish::ops
