#include "tensor/number.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "tensor/bulk.h"

namespace burnish {
namespace {

// What distinguishes the small floating formats; ONNX's "Float stored in 8 bits" page is the source of the codes.
struct Format {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  uint8_t largest;   // code of the largest finite value, without sign
  uint8_t infinity;  // what overflow becomes where it does not saturate; 0 where that is NaN
  uint8_t not_a_number;
  bool signed_nan;  // NaN keeps the sign bit
  bool negative_zero;
};

constexpr Format e4m3fn{4, 3, 7, 0x7e, 0, 0x7f, true, true};
constexpr Format e4m3fnuz{4, 3, 8, 0x7f, 0, 0x80, false, false};
constexpr Format e5m2{5, 2, 15, 0x7b, 0x7c, 0x7f, true, true};
constexpr Format e5m2fnuz{5, 2, 16, 0x7f, 0, 0x80, false, false};
// f4e2m1 has neither NaN nor infinity: it always saturates, and a NaN becomes -0.
constexpr Format e2m1{2, 1, 1, 0x7, 0x7, 0x8, false, true};

const Format& format_of(DType dtype) {
  switch (dtype) {
    case DType::f8e4m3fn: return e4m3fn;
    case DType::f8e4m3fnuz: return e4m3fnuz;
    case DType::f8e5m2: return e5m2;
    case DType::f8e5m2fnuz: return e5m2fnuz;
    default: return e2m1;
  }
}

uint8_t sign_bit(const Format& format) { return static_cast<uint8_t>(1U << (format.exponent_bits + format.mantissa_bits)); }

uint8_t encode(const Format& format, double value, bool saturate) {
  const uint8_t sign = std::signbit(value) ? sign_bit(format) : 0;
  if (std::isnan(value)) return format.signed_nan ? format.not_a_number | sign : format.not_a_number;
  const double magnitude = std::fabs(value);
  // The code of a positive number is monotonic in the number, and one more than the largest is enough to see an overflow.
  unsigned code = format.largest + 1U;
  if (magnitude < 1e9) {
    const int least = 1 - format.bias;
    const int exponent = magnitude == 0 ? least : std::max(std::ilogb(magnitude), least);
    const double units = std::nearbyint(std::ldexp(magnitude, format.mantissa_bits - exponent));
    code = (static_cast<unsigned>(exponent - least) << format.mantissa_bits) + static_cast<unsigned>(units);
  }
  if (code > format.largest) {
    if (saturate) return format.largest | sign;
    if (format.infinity != 0) return format.infinity | sign;
    return format.signed_nan ? format.not_a_number | sign : format.not_a_number;
  }
  if (code == 0 and not format.negative_zero) return 0;
  return static_cast<uint8_t>(code) | sign;
}

double decode(const Format& format, uint8_t bits) {
  const uint8_t sign = sign_bit(format);
  const unsigned code = bits & (sign - 1U);
  const bool negative = (bits & sign) != 0;
  if (not format.negative_zero and negative and code == 0) return std::numeric_limits<double>::quiet_NaN();
  double magnitude = 0;
  if (code > format.largest) {
    magnitude = code == format.infinity ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else {
    const int exponent = static_cast<int>(code >> format.mantissa_bits);
    const unsigned mantissa = code & ((1U << format.mantissa_bits) - 1U);
    const unsigned units = exponent == 0 ? mantissa : mantissa + (1U << format.mantissa_bits);
    magnitude = std::ldexp(units, std::max(exponent, 1) - format.bias - format.mantissa_bits);
  }
  return negative ? -magnitude : magnitude;
}

// A power of two without sign. ONNX rounds up by default and looks at the magnitude only; zero becomes the smallest power.
uint8_t encode_e8m0(double value, bool saturate) {
  if (not std::isfinite(static_cast<float>(value))) return 0xff;
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  unsigned exponent = (bits >> 23U) & 0xffU;
  if (exponent == 0) return (bits & 0x7fffffffU) > 0x400000U ? 1 : 0;  // 2^-127 is a subnormal float
  const bool rounds_up = (bits & 0x7fffffU) != 0 and not(saturate and exponent == 0xfe);
  if (rounds_up) ++exponent;
  return static_cast<uint8_t>(exponent);
}

double decode_e8m0(uint8_t code) { return code == 0xff ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, code - 127); }

// Double to float, rounded to odd: a second rounding to half the width then gives what a single one would.
float narrowed_to_odd(double value) {
  const auto near = static_cast<float>(value);
  if (static_cast<double>(near) == value or std::isnan(value)) return near;
  auto bits = std::bit_cast<uint32_t>(near);
  if (std::fabs(static_cast<double>(near)) > std::fabs(value)) --bits;
  return std::bit_cast<float>(bits | 1U);
}

template <class T>
T load_as(const std::byte* data) {
  T value;
  __builtin_memcpy(&value, data, sizeof value);
  return value;
}

template <class T>
void store_as(std::byte* data, T value) {
  __builtin_memcpy(data, &value, sizeof value);
}

// One access class a stored type; `visit` picks it once and runs a whole loop with it.
template <class T>
struct Plain {
  static constexpr size_t bytes = sizeof(T);
  static constexpr bool whole = std::is_integral_v<T>;
  static double number(const std::byte* data) { return static_cast<double>(load_as<T>(data)); }
  static int64_t integer(const std::byte* data) { return static_cast<int64_t>(load_as<T>(data)); }
};
struct F16 {
  static constexpr size_t bytes = 2;
  static constexpr bool whole = false;
  static double number(const std::byte* data) { return float_from_f16(load_as<uint16_t>(data)); }
};
struct Bf16 {
  static constexpr size_t bytes = 2;
  static constexpr bool whole = false;
  static double number(const std::byte* data) { return float_from_bf16(load_as<uint16_t>(data)); }
};

template <DType dtype>
struct Small {
  static constexpr size_t bytes = 1;
  static constexpr bool whole = false;
  static double number(const std::byte* data) {
    const auto code = load_as<uint8_t>(data);
    return dtype == DType::f8e8m0 ? decode_e8m0(code) : decode(format_of(dtype), code);
  }
};
template <DType dtype>
struct Narrow {  // i4, u4, i2, u2, boolean: one byte each, whose upper bits do not count
  static constexpr size_t bytes = 1;
  static constexpr bool whole = true;
  static int64_t integer(const std::byte* data) { return wrapped(dtype, load_as<uint8_t>(data)); }
  static double number(const std::byte* data) { return static_cast<double>(integer(data)); }
};

template <class Work>
bool visit(DType dtype, Work&& work) {
  switch (dtype) {
    case DType::f32: work(Plain<float>{}); return true;
    case DType::f64: work(Plain<double>{}); return true;
    case DType::f16: work(F16{}); return true;
    case DType::bf16: work(Bf16{}); return true;
    case DType::f8e4m3fn: work(Small<DType::f8e4m3fn>{}); return true;
    case DType::f8e4m3fnuz: work(Small<DType::f8e4m3fnuz>{}); return true;
    case DType::f8e5m2: work(Small<DType::f8e5m2>{}); return true;
    case DType::f8e5m2fnuz: work(Small<DType::f8e5m2fnuz>{}); return true;
    case DType::f8e8m0: work(Small<DType::f8e8m0>{}); return true;
    case DType::f4e2m1: work(Small<DType::f4e2m1>{}); return true;
    case DType::i8: work(Plain<int8_t>{}); return true;
    case DType::i16: work(Plain<int16_t>{}); return true;
    case DType::i32: work(Plain<int32_t>{}); return true;
    case DType::i64: work(Plain<int64_t>{}); return true;
    case DType::u8: work(Plain<uint8_t>{}); return true;
    case DType::u16: work(Plain<uint16_t>{}); return true;
    case DType::u32: work(Plain<uint32_t>{}); return true;
    case DType::u64: work(Plain<uint64_t>{}); return true;
    case DType::i4: work(Narrow<DType::i4>{}); return true;
    case DType::u4: work(Narrow<DType::u4>{}); return true;
    case DType::i2: work(Narrow<DType::i2>{}); return true;
    case DType::u2: work(Narrow<DType::u2>{}); return true;
    case DType::boolean: work(Narrow<DType::boolean>{}); return true;
    default: return false;
  }
}

int64_t truncated(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return INT64_MAX;
  if (value < -9223372036854775808.0) return INT64_MIN;
  return static_cast<int64_t>(value);
}

int64_t truncated_unsigned(double value) {
  if (not(value > 0)) return 0;
  if (value >= 18446744073709551616.0) return static_cast<int64_t>(UINT64_MAX);
  return static_cast<int64_t>(static_cast<uint64_t>(value));
}

void require_real(DType dtype) {
  if (byte_size(dtype) == 0 or is_complex(dtype)) fail("an element of type {} is no real number", name_of(dtype));
}

}  // namespace

uint16_t f16_from_float(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16U) & 0x8000U);
  const uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<uint16_t>(sign | 0x7e00U | ((magnitude >> 13U) & 0x3ffU));
  if (magnitude >= 0x47800000U) return sign | 0x7c00U;  // 65536 and above
  if (magnitude < 0x38800000U) {                        // below the smallest normal: adding 0.5 leaves the rounded code in the low bits
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000U));
  }
  const uint32_t rounded = magnitude + 0xfffU + ((magnitude >> 13U) & 1U);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000U) >> 13U));
}

float float_from_f16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000U) << 16U;
  const uint32_t exponent = (bits >> 10U) & 0x1fU;
  const uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13U));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (mantissa << 13U));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

float float_from_f8(DType dtype, uint8_t code) {
  return static_cast<float>(dtype == DType::f8e8m0 ? decode_e8m0(code) : decode(format_of(dtype), code));
}

uint8_t f8_from_float(DType dtype, float value, bool saturate) {
  return dtype == DType::f8e8m0 ? encode_e8m0(value, saturate) : encode(format_of(dtype), value, saturate);
}

double load_number(DType dtype, const std::byte* data) {
  double value = 0;
  if (not visit(dtype, [&](auto access) { value = access.number(data); })) require_real(dtype);
  return value;
}

int64_t load_integer(DType dtype, const std::byte* data) {
  int64_t value = 0;
  require_real(dtype);
  load_integers(dtype, data, 0, 1, &value);
  return value;
}

void store_number(DType dtype, std::byte* data, double value, bool saturate) {
  require_real(dtype);
  store_numbers(dtype, data, 1, &value, saturate);
}

void store_integer(DType dtype, std::byte* data, int64_t value) {
  require_real(dtype);
  store_integers(dtype, data, 1, &value);
}

void load_numbers(DType dtype, const std::byte* data, int64_t stride, size_t count, double* out) {
  visit(dtype, [&](auto access) {
    const int64_t step = stride * static_cast<int64_t>(access.bytes);
    for (size_t i = 0; i < count; ++i) out[i] = access.number(data + static_cast<int64_t>(i) * step);
  });
}

void load_integers(DType dtype, const std::byte* data, int64_t stride, size_t count, int64_t* out) {
  visit(dtype, [&](auto access) {
    const int64_t step = stride * static_cast<int64_t>(access.bytes);
    for (size_t i = 0; i < count; ++i) {
      const std::byte* element = data + static_cast<int64_t>(i) * step;
      if constexpr (access.whole) {
        out[i] = access.integer(element);
      } else {
        out[i] = truncated(access.number(element));
      }
    }
  });
}

void store_numbers(DType dtype, std::byte* data, size_t count, const double* values, bool saturate) {
  const auto each = [&](size_t bytes, auto&& store) {
    for (size_t i = 0; i < count; ++i) store(data + i * bytes, values[i]);
  };
  switch (dtype) {
    case DType::f32: return each(4, [](std::byte* to, double value) { store_as(to, static_cast<float>(value)); });
    case DType::f64: return each(8, [](std::byte* to, double value) { store_as(to, value); });
    case DType::f16: return each(2, [](std::byte* to, double value) { store_as(to, f16_from_float(narrowed_to_odd(value))); });
    case DType::bf16: return each(2, [](std::byte* to, double value) { store_as(to, bf16_from_float(narrowed_to_odd(value))); });
    case DType::f8e8m0: return each(1, [=](std::byte* to, double value) { store_as(to, encode_e8m0(value, saturate)); });
    case DType::f8e4m3fn:
    case DType::f8e4m3fnuz:
    case DType::f8e5m2:
    case DType::f8e5m2fnuz:
    case DType::f4e2m1: {
      // ONNX gives f4e2m1 no choice: it has no code for an overflow.
      const bool clamp = saturate or dtype == DType::f4e2m1;
      return each(1, [&format = format_of(dtype), clamp](std::byte* to, double value) { store_as(to, encode(format, value, clamp)); });
    }
    default:
      for (size_t i = 0; i < count; ++i) {
        const int64_t value = integer_from_number(dtype, values[i]);
        store_integers(dtype, data + i * byte_size(dtype), 1, &value);
      }
  }
}

void store_integers(DType dtype, std::byte* data, size_t count, const int64_t* values) {
  const auto each = [&]<class T>(T) {
    for (size_t i = 0; i < count; ++i) store_as(data + i * sizeof(T), static_cast<T>(values[i]));
  };
  switch (dtype) {
    case DType::f32: return each(float{});
    case DType::f64: return each(double{});
    case DType::i8:
    case DType::u8: return each(uint8_t{});
    case DType::i16:
    case DType::u16: return each(uint16_t{});
    case DType::i32:
    case DType::u32: return each(uint32_t{});
    case DType::i64:
    case DType::u64: return each(uint64_t{});
    case DType::i4:
    case DType::u4:
    case DType::i2:
    case DType::u2:
    case DType::boolean:
      for (size_t i = 0; i < count; ++i) store_as(data + i, static_cast<int8_t>(wrapped(dtype, values[i])));
      return;
    default:
      for (size_t i = 0; i < count; ++i) {
        const auto number = static_cast<double>(values[i]);
        store_numbers(dtype, data + i * byte_size(dtype), 1, &number);
      }
  }
}

void round_numbers(DType dtype, size_t count, double* values) {
  switch (dtype) {
    case DType::f64: return;
    case DType::f32:
      for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(values[i]);
      return;
    case DType::f16:
      for (size_t i = 0; i < count; ++i) values[i] = float_from_f16(f16_from_float(narrowed_to_odd(values[i])));
      return;
    case DType::bf16:
      for (size_t i = 0; i < count; ++i) values[i] = float_from_bf16(bf16_from_float(narrowed_to_odd(values[i])));
      return;
    default:
      for (size_t i = 0; i < count; ++i) {
        std::byte code{};
        store_numbers(dtype, &code, 1, values + i);
        values[i] = load_number(dtype, &code);
      }
  }
}

int64_t wrapped(DType dtype, int64_t value) {
  switch (dtype) {
    case DType::i8: return static_cast<int8_t>(value);
    case DType::i16: return static_cast<int16_t>(value);
    case DType::i32: return static_cast<int32_t>(value);
    case DType::u8: return static_cast<uint8_t>(value);
    case DType::u16: return static_cast<uint16_t>(value);
    case DType::u32: return static_cast<uint32_t>(value);
    case DType::i4: return static_cast<int8_t>(static_cast<uint8_t>(value) << 4U) >> 4;
    case DType::u4: return value & 15;
    case DType::i2: return static_cast<int8_t>(static_cast<uint8_t>(value) << 6U) >> 6;
    case DType::u2: return value & 3;
    case DType::boolean: return value != 0 ? 1 : 0;
    default: return value;
  }
}

void wrap_integers(DType dtype, size_t count, int64_t* values) {
  if (dtype == DType::i64 or dtype == DType::u64) return;
  for (size_t i = 0; i < count; ++i) values[i] = wrapped(dtype, values[i]);
}

int64_t integer_from_number(DType dtype, double value) {
  switch (dtype) {
    case DType::boolean: return value != 0 ? 1 : 0;  // NaN is not 0 either
    case DType::u64: return truncated_unsigned(value);
    case DType::i4:
    case DType::u4:
    case DType::i2:
    case DType::u2: return wrapped(dtype, truncated(value));
    default: break;
  }
  const int64_t whole = truncated(value);
  if (dtype == DType::i64) return whole;
  const auto bits = bit_width(dtype);
  const bool is_signed = is_signed_integer(dtype);
  const int64_t most = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  const int64_t least = is_signed ? -most - 1 : 0;
  return std::min(std::max(whole, least), most);
}

}  // namespace burnish
