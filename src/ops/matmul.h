// MatMul: NumPy's matmul, with either operand's last two axes optionally swapped. ONNX MatMul, opsets 1, 9, 13; the core of Gemm.
// Inputs: A [..., M, K] and B [..., K, N] (before swapping), batch axes broadcast; a rank-1 operand is a row (A) or a column (B), not swapped.
// Output [..., M, N]. Gemm's alpha, beta and C become pointwise nodes when it is imported.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct MatMul {
  bool transpose_a = false;
  bool transpose_b = false;
  static constexpr auto fields = std::tuple{field("transpose_a", &MatMul::transpose_a), field("transpose_b", &MatMul::transpose_b)};
};

}  // namespace burnish::ops
