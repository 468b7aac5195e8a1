#include "burnish/dtype.h"

#include <algorithm>
#include <array>

namespace burnish {
namespace {

enum class Kind : uint8_t { floating, signed_integer, unsigned_integer, boolean, string, complex };

struct Facts {
  std::string_view name;
  uint8_t bytes;
  uint8_t bits;
  Kind kind;
};

// In the order of the enumeration.
constexpr std::array<Facts, dtype_count> table{{
    {"f32", 4, 32, Kind::floating},         {"f64", 8, 64, Kind::floating},         {"f16", 2, 16, Kind::floating},
    {"bf16", 2, 16, Kind::floating},        {"f8e4m3fn", 1, 8, Kind::floating},     {"f8e4m3fnuz", 1, 8, Kind::floating},
    {"f8e5m2", 1, 8, Kind::floating},       {"f8e5m2fnuz", 1, 8, Kind::floating},   {"f8e8m0", 1, 8, Kind::floating},
    {"f4e2m1", 1, 4, Kind::floating},       {"i8", 1, 8, Kind::signed_integer},     {"i16", 2, 16, Kind::signed_integer},
    {"i32", 4, 32, Kind::signed_integer},   {"i64", 8, 64, Kind::signed_integer},   {"u8", 1, 8, Kind::unsigned_integer},
    {"u16", 2, 16, Kind::unsigned_integer}, {"u32", 4, 32, Kind::unsigned_integer}, {"u64", 8, 64, Kind::unsigned_integer},
    {"i4", 1, 4, Kind::signed_integer},     {"u4", 1, 4, Kind::unsigned_integer},   {"i2", 1, 2, Kind::signed_integer},
    {"u2", 1, 2, Kind::unsigned_integer},   {"boolean", 1, 1, Kind::boolean},       {"string", 0, 0, Kind::string},
    {"c64", 8, 64, Kind::complex},          {"c128", 16, 128, Kind::complex},
}};

const Facts& facts(DType dtype) { return table[std::min(static_cast<size_t>(dtype), dtype_count - 1)]; }

}  // namespace

std::string_view name_of(DType dtype) { return facts(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (size_t i = 0; i < table.size(); ++i)
    if (table[i].name == name) return static_cast<DType>(i);
  return {};
}

size_t byte_size(DType dtype) { return facts(dtype).bytes; }
size_t bit_width(DType dtype) { return facts(dtype).bits; }
bool is_floating(DType dtype) { return facts(dtype).kind == Kind::floating; }
bool is_integer(DType dtype) { return is_signed_integer(dtype) or is_unsigned_integer(dtype); }
bool is_signed_integer(DType dtype) { return facts(dtype).kind == Kind::signed_integer; }
bool is_unsigned_integer(DType dtype) { return facts(dtype).kind == Kind::unsigned_integer; }
bool is_complex(DType dtype) { return facts(dtype).kind == Kind::complex; }

std::string_view name_of(ValueKind kind) {
  static constexpr std::array<std::string_view, 4> names{"tensor", "sequence", "optional", "optional sequence"};
  return names[std::min(static_cast<size_t>(kind), names.size() - 1)];
}

}  // namespace burnish
