// Steps of tile programs that do several of an Expr's at once, for quantized tensors; beside those of tile_steps.h.
// Called by the tile program alone.
#pragma once

#include "backends/cpu/simd/tile_steps.h"

namespace burnish::cpu {

/// Whole numbers within the type's range: round(x / p) + q, limited; and back: (x - q) * p.
TileStep tile_quantize_u8();
TileStep tile_quantize_i8();
TileStep tile_dequantize();

}  // namespace burnish::cpu
