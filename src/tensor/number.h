// Narrow floating-point numbers as C++ values, and conversion of whole tensors between element types.
// f16, bf16 and the four float8 types round to nearest even; conversion follows ONNX Cast (saturation is the caller's choice).
// Called by reference evaluations, constant folding and weight packing. Speed matters here only for f16 and bf16.
#pragma once

#include <cstdint>

#include "burnish/tensor.h"

namespace burnish {

uint16_t f16_from_float(float value);
float float_from_f16(uint16_t bits);

inline float float_from_bf16(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16U;
  float value;
  __builtin_memcpy(&value, &wide, sizeof value);
  return value;
}

inline uint16_t bf16_from_float(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

/// Any float8, float4 or f8e8m0 code to float and back. `saturate` replaces overflow by the largest finite value.
float float_from_f8(DType dtype, uint8_t code);
uint8_t f8_from_float(DType dtype, float value, bool saturate = true);

/// One element at `data` (an element's address) as a double, or as an int64; any real type.
double load_number(DType dtype, const std::byte* data);
int64_t load_integer(DType dtype, const std::byte* data);
void store_number(DType dtype, std::byte* data, double value, bool saturate = true);
void store_integer(DType dtype, std::byte* data, int64_t value);

/// ONNX Cast between real types (strings included). Floats to integers truncate towards zero.
Tensor converted(const Tensor& tensor, DType to, bool saturate = true);

}  // namespace burnish
