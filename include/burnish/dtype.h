// The element types of tensors: every type ONNX defines, with their names, sizes and kinds.
// Read by every room and by applications. It never converts values; `tensor/number.h` does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace burnish {

/// Numbered for the engine file: never renumber, only append.
enum class DType : uint8_t {
  f32 = 0,
  f64 = 1,
  f16 = 2,
  bf16 = 3,
  f8e4m3fn = 4,
  f8e4m3fnuz = 5,
  f8e5m2 = 6,
  f8e5m2fnuz = 7,
  f8e8m0 = 8,
  f4e2m1 = 9,
  i8 = 10,
  i16 = 11,
  i32 = 12,
  i64 = 13,
  u8 = 14,
  u16 = 15,
  u32 = 16,
  u64 = 17,
  i4 = 18,
  u4 = 19,
  i2 = 20,
  u2 = 21,
  boolean = 22,
  string = 23,
  c64 = 24,
  c128 = 25,
};
inline constexpr size_t dtype_count = 26;

/// What a value is: a tensor; a sequence of tensors of one element type; an optional, which holds a tensor or nothing; or an optional
/// that holds a sequence or nothing. All but tensors live on the host only.
enum class ValueKind : uint8_t { tensor, sequence, optional, optional_sequence };

/// The short name used in Burnish's text forms: "f32", "i64", "boolean".
std::string_view name_of(DType dtype);
std::optional<DType> dtype_from_name(std::string_view name);

/// Bytes one element takes in a host tensor. Types narrower than a byte take one byte each there (only files and kernels pack
/// them); a string counts as 0, because strings are not stored inline.
size_t byte_size(DType dtype);

/// Bits of information in one element: 4 for i4, 1 for boolean.
size_t bit_width(DType dtype);

bool is_floating(DType dtype);  // f32 down to f4e2m1
bool is_integer(DType dtype);   // signed and unsigned, without boolean
bool is_signed_integer(DType dtype);
bool is_unsigned_integer(DType dtype);
bool is_complex(DType dtype);

constexpr bool is_optional(ValueKind kind) { return kind == ValueKind::optional or kind == ValueKind::optional_sequence; }
/// "tensor", "sequence", "optional", "optional sequence": for messages.
std::string_view name_of(ValueKind kind);

}  // namespace burnish
