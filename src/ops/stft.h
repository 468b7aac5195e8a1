// Stft: the Fourier transforms of overlapping frames of a signal, each weighted by a window. ONNX STFT, opset 17.
// Inputs: signal [N,n,1 or 2], frame step (scalar), optional window [w], optional frame length (scalar).
// Output [N,frames,bins,2].
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Stft {
  bool one_sided = true;
  static constexpr auto fields = std::tuple{field("one_sided", &Stft::one_sided)};
};

}  // namespace burnish::ops
