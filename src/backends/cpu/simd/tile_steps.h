// Vector code for every pointwise step over a tile of f32 values, chosen at run time for the best instruction set of the machine (Highway).
// Called by the tile program, a few hundred elements at a time, so that operands stay in the first-level cache.
// Booleans travel as 0 and 1. Nothing here knows shapes, layouts or threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/expr.h"

namespace burnish::cpu {

/// Elements a tile holds at most; buffers have this many floats and are aligned to 64 bytes.
inline constexpr size_t tile_elements = 1024;

/// out[i] = code(a[i], b[i], c[i]; p, q). `out` may be `a`, `b` or `c`. Pointers to f32, any alignment.
using TileStep = void (*)(const float* a, const float* b, const float* c, float* out, size_t count, float p, float q);

/// nullptr where the code has no f32 form (bit operations).
TileStep tile_step(ExprCode code);

/// Conversions between stored elements and f32: f32 copies, bf16 and f16 convert, boolean, u8 and i8 become numbers.
using TileLoad = void (*)(const void* from, float* to, size_t count);
using TileStore = void (*)(const float* from, void* to, size_t count);
TileLoad tile_load(DType stored);
TileStore tile_store(DType stored);

void tile_fill(float* to, float value, size_t count);

/// "AVX3", "AVX2", ...: what the dispatch chose, for `burnish devices`.
const char* simd_target();

}  // namespace burnish::cpu
