// BlockMatMul: a product with constant weights that are kept in few bits, with a scale, and where needed a zero point, for each block of a row.
// Inputs: x f32 [..., K], w [N,K] (integers of 2, 4 or 8 bits), scale f32 [N, ceil(K / block_size)], optional zero point of w's type and the scale's
// shape. Output f32 [..., N]: x times the transpose of (w - zero point) * scale, computed in f32.
// A pass makes it from DequantizeLinear by blocks before MatMul; ONNX has no such operator, com.microsoft MatMulNBits is its closest relative.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct BlockMatMul {
  int64_t block_size = 32;
  static constexpr auto fields = std::tuple{field("block_size", &BlockMatMul::block_size)};

  enum Index : size_t { x, w, scale, zero_point, count };
};

}  // namespace burnish::ops
