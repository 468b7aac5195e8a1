// One loop over vectors for each pointwise step; compiled once for each instruction set and chosen when first asked.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/tile_steps.cpp"
// clang-format off: this order is Highway's
#include "backends/cpu/simd/targets.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "backends/cpu/simd/tile_bytes.h"
#include "backends/cpu/simd/tile_steps.h"
#include "backends/cpu/simd/vector_math-inl.h"
#include "tensor/number.h"

HWY_BEFORE_NAMESPACE();
namespace burnish::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// Runs `step` on whole vectors and once on a padded tail.
template <class Step>
HWY_INLINE void for_each(const float* a, const float* b, const float* c, float* out, size_t count, Step step) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const V x = hn::LoadU(d, a + i);
    const V y = b != nullptr ? hn::LoadU(d, b + i) : x;
    const V z = c != nullptr ? hn::LoadU(d, c + i) : x;
    hn::StoreU(step(d, x, y, z), d, out + i);
  }
  if (i == count) return;
  HWY_ALIGN std::array<float, 4 * HWY_MAX_BYTES / sizeof(float)> tail{};
  float* const padded = tail.data();
  const size_t left = count - i;
  for (size_t k = 0; k < left; ++k) padded[k] = a[i + k];
  for (size_t k = 0; b != nullptr and k < left; ++k) padded[lanes + k] = b[i + k];
  for (size_t k = 0; c != nullptr and k < left; ++k) padded[2 * lanes + k] = c[i + k];
  const V x = hn::Load(d, padded);
  const V result = step(d, x, b != nullptr ? hn::Load(d, padded + lanes) : x, c != nullptr ? hn::Load(d, padded + 2 * lanes) : x);
  hn::Store(result, d, padded + 3 * lanes);
  for (size_t k = 0; k < left; ++k) out[i + k] = padded[3 * lanes + k];
}

HWY_INLINE V boolean(D d, hn::Mask<D> mask) { return hn::IfThenElseZero(mask, hn::Set(d, 1.0F)); }
HWY_INLINE hn::Mask<D> truth(D d, V x) { return hn::Ne(x, hn::Zero(d)); }

/// NumPy's minimum and maximum: a NaN on either side is the result.
HWY_INLINE V nan_min(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::IsNaN(y), y, hn::Min(x, y))); }
HWY_INLINE V nan_max(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::IsNaN(y), y, hn::Max(x, y))); }

HWY_INLINE V clamp(V x, V low, V high) { return hn::Min(hn::Max(x, low), high); }

#define BURNISH_STEP(name, ...)                                                                                         \
  void step_##name(const float* a, const float* b, const float* c, float* out, size_t count, [[maybe_unused]] float p,  \
                   [[maybe_unused]] float q) {                                                                          \
    for_each(a, b, c, out, count, [=](D d, [[maybe_unused]] V x, [[maybe_unused]] V y, [[maybe_unused]] V z) HWY_ATTR { \
      (void)d;                                                                                                          \
      return __VA_ARGS__;                                                                                               \
    });                                                                                                                 \
  }
#define BURNISH_SCALAR_STEP(name, expression)                                                                        \
  void step_##name(const float* a, const float* b, const float*, float* out, size_t count, [[maybe_unused]] float p, \
                   [[maybe_unused]] float q) {                                                                       \
    for (size_t i = 0; i < count; ++i) {                                                                             \
      [[maybe_unused]] const float x = a[i];                                                                         \
      [[maybe_unused]] const float y = b != nullptr ? b[i] : 0;                                                      \
      out[i] = expression;                                                                                           \
    }                                                                                                                \
  }

BURNISH_STEP(add, hn::Add(x, y))
BURNISH_STEP(sub, hn::Sub(x, y))
BURNISH_STEP(mul, hn::Mul(x, y))
BURNISH_STEP(div, hn::Div(x, y))
BURNISH_STEP(min, nan_min(x, y))
BURNISH_STEP(max, nan_max(x, y))
BURNISH_STEP(neg, hn::Neg(x))
BURNISH_STEP(abs, hn::Abs(x))
BURNISH_STEP(reciprocal, hn::Div(hn::Set(d, 1.0F), x))
BURNISH_STEP(sqrt, hn::Sqrt(x))
BURNISH_STEP(exp, exp_of(d, x))
BURNISH_STEP(erf, erf_of(d, x))
BURNISH_STEP(floor, hn::Floor(x))
BURNISH_STEP(ceil, hn::Ceil(x))
BURNISH_STEP(trunc, hn::Trunc(x))
BURNISH_STEP(round, hn::Round(x))
BURNISH_STEP(tanh, tanh_of(d, x))
BURNISH_STEP(sigmoid, sigmoid_of(d, x))
BURNISH_STEP(relu, hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, hn::Zero(d))))
BURNISH_STEP(softsign, hn::Div(x, hn::Add(hn::Set(d, 1.0F), hn::Abs(x))))
BURNISH_STEP(hard_swish, hn::Mul(x, clamp(hn::MulAdd(x, hn::Set(d, 1.0F / 6), hn::Set(d, 0.5F)), hn::Zero(d), hn::Set(d, 1.0F))))
BURNISH_STEP(leaky_relu, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, hn::Set(d, p)), x))
BURNISH_STEP(elu, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, p), expm1_of(d, x)), x))
BURNISH_STEP(celu, hn::Add(hn::Max(x, hn::Zero(d)), hn::Min(hn::Zero(d), hn::Mul(hn::Set(d, p), expm1_of(d, hn::Div(x, hn::Set(d, p)))))))
BURNISH_STEP(selu, hn::Mul(hn::Set(d, q), hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(hn::Set(d, p), expm1_of(d, x)))))
BURNISH_STEP(hard_sigmoid, clamp(hn::MulAdd(x, hn::Set(d, p), hn::Set(d, q)), hn::Zero(d), hn::Set(d, 1.0F)))
BURNISH_STEP(thresholded_relu, hn::IfThenElseZero(hn::Gt(x, hn::Set(d, p)), x))
BURNISH_STEP(shrink, hn::IfThenElse(hn::Lt(x, hn::Set(d, -p)), hn::Add(x, hn::Set(d, q)),
                                    hn::IfThenElseZero(hn::Gt(x, hn::Set(d, p)), hn::Sub(x, hn::Set(d, q)))))
BURNISH_STEP(swish, hn::Mul(x, sigmoid_of(d, hn::Mul(x, hn::Set(d, p)))))
BURNISH_STEP(gelu_erf, hn::Mul(hn::Mul(x, hn::Set(d, 0.5F)), hn::Add(hn::Set(d, 1.0F), erf_of(d, hn::Mul(x, hn::Set(d, 0.70710678F))))))
BURNISH_STEP(gelu_tanh, hn::Mul(x, sigmoid_of(d, hn::Mul(hn::Mul(x, hn::Set(d, 1.5957691216F)),
                                                         hn::MulAdd(hn::Mul(x, x), hn::Set(d, 0.044715F), hn::Set(d, 1.0F))))))
BURNISH_STEP(prelu, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, y), x))
BURNISH_STEP(clip, nan_min(nan_max(x, y), z))
BURNISH_STEP(is_nan, boolean(d, hn::IsNaN(x)))
BURNISH_STEP(equal, boolean(d, hn::Eq(x, y)))
BURNISH_STEP(less, boolean(d, hn::Lt(x, y)))
BURNISH_STEP(less_equal, boolean(d, hn::Le(x, y)))
BURNISH_STEP(greater, boolean(d, hn::Gt(x, y)))
BURNISH_STEP(greater_equal, boolean(d, hn::Ge(x, y)))
BURNISH_STEP(logical_and, boolean(d, hn::And(truth(d, x), truth(d, y))))
BURNISH_STEP(logical_or, boolean(d, hn::Or(truth(d, x), truth(d, y))))
BURNISH_STEP(logical_xor, boolean(d, hn::Xor(truth(d, x), truth(d, y))))
BURNISH_STEP(logical_not, boolean(d, hn::Not(truth(d, x))))
BURNISH_STEP(where, hn::IfThenElse(truth(d, x), y, z))
BURNISH_STEP(copy, x)

BURNISH_STEP(quantize_u8, clamp(hn::Add(hn::Round(hn::Div(x, hn::Set(d, p))), hn::Set(d, q)), hn::Zero(d), hn::Set(d, 255.0F)))
BURNISH_STEP(quantize_i8, clamp(hn::Add(hn::Round(hn::Div(x, hn::Set(d, p))), hn::Set(d, q)), hn::Set(d, -128.0F), hn::Set(d, 127.0F)))
BURNISH_STEP(dequantize, hn::Mul(hn::Sub(x, hn::Set(d, q)), hn::Set(d, p)))

BURNISH_SCALAR_STEP(mod, (y == 0 ? std::fmod(x, y) : x - y * std::floor(x / y)))
BURNISH_SCALAR_STEP(fmod, std::fmod(x, y))
BURNISH_SCALAR_STEP(pow, std::pow(x, y))
BURNISH_SCALAR_STEP(sign, static_cast<float>((x > 0) - (x < 0)))
BURNISH_SCALAR_STEP(log, std::log(x))
BURNISH_SCALAR_STEP(sin, std::sin(x))
BURNISH_SCALAR_STEP(cos, std::cos(x))
BURNISH_SCALAR_STEP(tan, std::tan(x))
BURNISH_SCALAR_STEP(asin, std::asin(x))
BURNISH_SCALAR_STEP(acos, std::acos(x))
BURNISH_SCALAR_STEP(atan, std::atan(x))
BURNISH_SCALAR_STEP(sinh, std::sinh(x))
BURNISH_SCALAR_STEP(cosh, std::cosh(x))
BURNISH_SCALAR_STEP(asinh, std::asinh(x))
BURNISH_SCALAR_STEP(acosh, std::acosh(x))
BURNISH_SCALAR_STEP(atanh, std::atanh(x))
BURNISH_SCALAR_STEP(softplus, (x > 20 ? x : std::log1p(std::exp(x))))
BURNISH_SCALAR_STEP(mish, x* std::tanh(x > 20 ? x : std::log1p(std::exp(x))))
BURNISH_SCALAR_STEP(round_half_away, std::round(x))
BURNISH_SCALAR_STEP(is_inf, static_cast<float>(std::isinf(x) and ((x < 0 and p != 0) or (x > 0 and q != 0))))

TileStep find_step(ExprCode code) {
  switch (code) {
    case ExprCode::add: return step_add;
    case ExprCode::sub: return step_sub;
    case ExprCode::mul: return step_mul;
    case ExprCode::div: return step_div;
    case ExprCode::mod: return step_mod;
    case ExprCode::fmod: return step_fmod;
    case ExprCode::pow: return step_pow;
    case ExprCode::min: return step_min;
    case ExprCode::max: return step_max;
    case ExprCode::neg: return step_neg;
    case ExprCode::abs: return step_abs;
    case ExprCode::sign: return step_sign;
    case ExprCode::reciprocal: return step_reciprocal;
    case ExprCode::sqrt: return step_sqrt;
    case ExprCode::exp: return step_exp;
    case ExprCode::log: return step_log;
    case ExprCode::erf: return step_erf;
    case ExprCode::floor: return step_floor;
    case ExprCode::ceil: return step_ceil;
    case ExprCode::round: return step_round;
    case ExprCode::sin: return step_sin;
    case ExprCode::cos: return step_cos;
    case ExprCode::tan: return step_tan;
    case ExprCode::asin: return step_asin;
    case ExprCode::acos: return step_acos;
    case ExprCode::atan: return step_atan;
    case ExprCode::sinh: return step_sinh;
    case ExprCode::cosh: return step_cosh;
    case ExprCode::tanh: return step_tanh;
    case ExprCode::asinh: return step_asinh;
    case ExprCode::acosh: return step_acosh;
    case ExprCode::atanh: return step_atanh;
    case ExprCode::sigmoid: return step_sigmoid;
    case ExprCode::relu: return step_relu;
    case ExprCode::softplus: return step_softplus;
    case ExprCode::softsign: return step_softsign;
    case ExprCode::mish: return step_mish;
    case ExprCode::hard_swish: return step_hard_swish;
    case ExprCode::leaky_relu: return step_leaky_relu;
    case ExprCode::elu: return step_elu;
    case ExprCode::celu: return step_celu;
    case ExprCode::selu: return step_selu;
    case ExprCode::hard_sigmoid: return step_hard_sigmoid;
    case ExprCode::thresholded_relu: return step_thresholded_relu;
    case ExprCode::shrink: return step_shrink;
    case ExprCode::swish: return step_swish;
    case ExprCode::gelu_erf: return step_gelu_erf;
    case ExprCode::gelu_tanh: return step_gelu_tanh;
    case ExprCode::prelu: return step_prelu;
    case ExprCode::clip: return step_clip;
    case ExprCode::is_nan: return step_is_nan;
    case ExprCode::is_inf: return step_is_inf;
    case ExprCode::equal: return step_equal;
    case ExprCode::less: return step_less;
    case ExprCode::less_equal: return step_less_equal;
    case ExprCode::greater: return step_greater;
    case ExprCode::greater_equal: return step_greater_equal;
    case ExprCode::logical_and: return step_logical_and;
    case ExprCode::logical_or: return step_logical_or;
    case ExprCode::logical_xor: return step_logical_xor;
    case ExprCode::logical_not: return step_logical_not;
    case ExprCode::where: return step_where;
    case ExprCode::round_half_away: return step_round_half_away;
    case ExprCode::trunc: return step_trunc;
    case ExprCode::cast: return step_copy;
    default: return nullptr;
  }
}

TileStep find_quantize_u8() { return step_quantize_u8; }
TileStep find_quantize_i8() { return step_quantize_i8; }
TileStep find_dequantize() { return step_dequantize; }

void load_f32(const void* from, float* to, size_t count) { std::memcpy(to, from, count * sizeof(float)); }
void store_f32(const float* from, void* to, size_t count) { std::memcpy(to, from, count * sizeof(float)); }
/// Bytes to f32 through 32-bit integers, a vector at a time.
template <class Byte>
HWY_INLINE void load_bytes(const Byte* from, float* to, size_t count) {
  const D d;
  const hn::Rebind<int32_t, D> wide;
  const hn::Rebind<Byte, D> narrow;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::ConvertTo(d, hn::PromoteTo(wide, hn::LoadU(narrow, from + i))), d, to + i);
  for (; i < count; ++i) to[i] = from[i];
}
/// f32 to bytes: rounded to even and saturated; not-a-number becomes 0.
template <class Byte>
HWY_INLINE void store_bytes(const float* from, Byte* to, size_t count) {
  const D d;
  const hn::Rebind<Byte, D> narrow;
  const size_t lanes = hn::Lanes(d);
  constexpr float least = std::numeric_limits<Byte>::lowest();
  constexpr float most = std::numeric_limits<Byte>::max();
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const V x = hn::LoadU(d, from + i);
    const V bounded = clamp(hn::IfThenElseZero(hn::Eq(x, x), x), hn::Set(d, least), hn::Set(d, most));
    hn::StoreU(hn::DemoteTo(narrow, hn::NearestInt(bounded)), narrow, to + i);
  }
  for (; i < count; ++i) to[i] = std::isnan(from[i]) ? Byte{0} : static_cast<Byte>(std::nearbyint(std::clamp(from[i], least, most)));
}
void load_u8(const void* from, float* to, size_t count) { load_bytes(static_cast<const uint8_t*>(from), to, count); }
void load_i8(const void* from, float* to, size_t count) { load_bytes(static_cast<const int8_t*>(from), to, count); }
void store_u8(const float* from, void* to, size_t count) { store_bytes(from, static_cast<uint8_t*>(to), count); }
void store_i8(const float* from, void* to, size_t count) { store_bytes(from, static_cast<int8_t*>(to), count); }
void store_boolean(const float* from, void* to, size_t count) {
  for (size_t i = 0; i < count; ++i) static_cast<uint8_t*>(to)[i] = from[i] != 0 ? 1 : 0;
}
void load_bf16(const void* from, float* to, size_t count) {
  const D d;
  const hn::Rebind<uint32_t, D> words;
  const hn::Rebind<uint16_t, D> halves;
  const auto* bits = static_cast<const uint16_t*>(from);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(words, hn::LoadU(halves, bits + i)))), d, to + i);
  for (; i < count; ++i) to[i] = float_from_bf16(bits[i]);
}
/// As bf16_from_float, a vector at a time.
void store_bf16(const float* from, void* to, size_t count) {
  const D d;
  const hn::Rebind<uint32_t, D> words;
  const hn::Rebind<int32_t, D> whole;
  const hn::Rebind<uint16_t, D> halves;
  constexpr uint32_t below_half = 0x7fff, quiet = 0x400000;
  auto* bits = static_cast<uint16_t*>(to);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const V x = hn::LoadU(d, from + i);
    const auto wide = hn::BitCast(words, x);
    const auto odd = hn::And(hn::ShiftRight<16>(wide), hn::Set(words, 1));
    const auto rounded = hn::Add(wide, hn::Add(odd, hn::Set(words, below_half)));
    const auto kept = hn::IfThenElse(hn::RebindMask(words, hn::IsNaN(x)), hn::Or(wide, hn::Set(words, quiet)), rounded);
    hn::StoreU(hn::DemoteTo(halves, hn::BitCast(whole, hn::ShiftRight<16>(kept))), halves, bits + i);
  }
  for (; i < count; ++i) bits[i] = bf16_from_float(from[i]);
}
void load_f16(const void* from, float* to, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = float_from_f16(static_cast<const uint16_t*>(from)[i]);
}
void store_f16(const float* from, void* to, size_t count) {
  for (size_t i = 0; i < count; ++i) static_cast<uint16_t*>(to)[i] = f16_from_float(from[i]);
}

TileLoad find_load(DType stored) {
  switch (stored) {
    case DType::f32: return load_f32;
    case DType::bf16: return load_bf16;
    case DType::f16: return load_f16;
    case DType::boolean:
    case DType::u8: return load_u8;
    case DType::i8: return load_i8;
    default: return nullptr;
  }
}
TileStore find_store(DType stored) {
  switch (stored) {
    case DType::f32: return store_f32;
    case DType::bf16: return store_bf16;
    case DType::f16: return store_f16;
    case DType::boolean: return store_boolean;
    case DType::u8: return store_u8;
    case DType::i8: return store_i8;
    default: return nullptr;
  }
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace burnish::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace burnish::cpu {

HWY_EXPORT(find_step);
HWY_EXPORT(find_quantize_u8);
HWY_EXPORT(find_quantize_i8);
HWY_EXPORT(find_dequantize);
HWY_EXPORT(find_load);
HWY_EXPORT(find_store);
HWY_EXPORT(target_name);

TileStep tile_step(ExprCode code) { return HWY_DYNAMIC_DISPATCH(find_step)(code); }
TileStep tile_quantize_u8() { return HWY_DYNAMIC_DISPATCH(find_quantize_u8)(); }
TileStep tile_quantize_i8() { return HWY_DYNAMIC_DISPATCH(find_quantize_i8)(); }
TileStep tile_dequantize() { return HWY_DYNAMIC_DISPATCH(find_dequantize)(); }
TileLoad tile_load(DType stored) { return HWY_DYNAMIC_DISPATCH(find_load)(stored); }
TileStore tile_store(DType stored) { return HWY_DYNAMIC_DISPATCH(find_store)(stored); }
const char* simd_target() { return HWY_DYNAMIC_DISPATCH(target_name)(); }

void tile_fill(float* to, float value, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = value;
}

}  // namespace burnish::cpu
#endif
