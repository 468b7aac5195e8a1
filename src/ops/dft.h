// Dft: the discrete Fourier transform of one axis; complex numbers are a last axis of 2, real ones of 1. ONNX DFT, opsets 17, 20.
// Inputs: signal [..., n, ..., 1 or 2], optional length (scalar: the axis is cut or padded with zeros), optional axis (scalar).
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Dft {
  int64_t axis = -2;  // where no input names it
  bool inverse = false;
  bool one_sided = false;  // forward: only the first half of a real signal's spectrum; inverse: from such a half to a real signal
  static constexpr auto fields =
      std::tuple{field("axis", &Dft::axis), field("inverse", &Dft::inverse), field("one_sided", &Dft::one_sided)};
};

}  // namespace burnish::ops
