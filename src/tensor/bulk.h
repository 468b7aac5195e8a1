// Runs of elements of any real type as doubles or 64-bit integers, and back: what whole-tensor conversion and the pointwise
// evaluator are made of. The element type is looked at once a run, never once an element.
// Integers travel as int64; u64 keeps its bits. Nothing here checks bounds, and nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "burnish/dtype.h"

namespace burnish {

/// Reads `count` elements, `stride` elements apart (0 repeats one). u64 is read as unsigned by `load_numbers`.
void load_numbers(DType dtype, const std::byte* data, int64_t stride, size_t count, double* out);
void load_integers(DType dtype, const std::byte* data, int64_t stride, size_t count, int64_t* out);

/// Writes `count` consecutive elements. Numbers round to nearest even into floating types and truncate into integers.
void store_numbers(DType dtype, std::byte* data, size_t count, const double* values, bool saturate = true);
void store_integers(DType dtype, std::byte* data, size_t count, const int64_t* values);

/// Rounds each number to the nearest value of a floating type.
void round_numbers(DType dtype, size_t count, double* values);

/// An integer cut to the width of an integer type and read back with its sign; boolean gives 0 or 1.
int64_t wrapped(DType dtype, int64_t value);
void wrap_integers(DType dtype, size_t count, int64_t* values);

/// Truncates towards zero. i8 and wider saturate (NaN gives 0); types below a byte wrap, as ONNX's cases expect.
int64_t integer_from_number(DType dtype, double value);

}  // namespace burnish
