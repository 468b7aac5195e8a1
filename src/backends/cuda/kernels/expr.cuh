// The steps of pointwise programs, one function for each code of ExprCode, named op_<code>. Generated code calls them in order.
// Formulas are ONNX's; floating types compute in float or double, integers in their own type, wrapping.
#pragma once

#include "types.cuh"

template <class T>
inline constexpr bool is_float = false;
template <>
inline constexpr bool is_float<float> = true;
template <>
inline constexpr bool is_float<double> = true;

template <class To, class From>
__device__ inline To op_cast(From x) {
  if constexpr (sizeof(To) == 1 and static_cast<To>(2) == static_cast<To>(1)) return x != From(0);
  else if constexpr (is_float<To>) return to_float<To>(x);
  else return static_cast<To>(x);
}
/// A whole number that fits: added to 3 * 2^22, it lies in the last bits. Conversions take several times as long.
template <class To>
__device__ inline To byte_of_whole(float x) {
  return static_cast<To>(__float_as_uint(x + 12582912.0f) & 0xff);
}

template <class T>
__device__ inline T op_add(T x, T y) {
  return x + y;
}
template <class T>
__device__ inline T op_sub(T x, T y) {
  return x - y;
}
template <class T>
__device__ inline T op_mul(T x, T y) {
  return x * y;
}
/// x / y for a number y that is known with its reciprocal: the quotient by that, and its error made good. No branch, no reciprocal to find.
__device__ inline float op_div_by(float x, float y, float reciprocal) {
  const float rough = x * reciprocal, exact = fmaf(fmaf(-rough, y, x), reciprocal, rough);
  return exact == exact ? exact : rough;  // infinities have no error
}
template <class T>
__device__ inline T op_div(T x, T y) {
  if constexpr (not is_float<T>) {
    if (y == T(0)) return T(0);
    if (static_cast<T>(-1) < T(0) and y == static_cast<T>(-1)) return T(0) - x;  // the least number has no negative
  }
  return x / y;
}
template <class T>
__device__ inline T op_fmod(T x, T y) {
  if constexpr (is_float<T>) return fmod(x, y);
  else return y == T(0) or (static_cast<T>(-1) < T(0) and y == static_cast<T>(-1)) ? T(0) : x % y;
}
template <class T>
__device__ inline T op_mod(T x, T y) {
  const T rest = op_fmod(x, y);
  return rest != T(0) and (rest < T(0)) != (y < T(0)) ? rest + y : rest;
}
template <class T>
__device__ inline bool is_not_a_number(T x) {
  if constexpr (is_float<T>) return x != x;
  else return false;
}
// NaN wins, as in NumPy.
template <class T>
__device__ inline T op_min(T x, T y) {
  return x < y or is_not_a_number(x) ? x : y;
}
template <class T>
__device__ inline T op_max(T x, T y) {
  return x > y or is_not_a_number(x) ? x : y;
}
// One instruction each.
__device__ inline float op_min(float x, float y) {
  float least;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(least) : "f"(x), "f"(y));
  return least;
}
__device__ inline float op_max(float x, float y) {
  float largest;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(largest) : "f"(x), "f"(y));
  return largest;
}
template <class T>
__device__ inline T op_clip(T x, T low, T high) {
  return op_min(op_max(x, low), high);
}
template <class T>
__device__ inline T op_prelu(T x, T slope) {
  return x < T(0) ? slope * x : x;
}
template <class T>
__device__ inline T op_neg(T x) {
  return T(0) - x;
}
__device__ inline float op_neg(float x) { return -x; }
__device__ inline double op_neg(double x) { return -x; }
template <class T>
__device__ inline T op_abs(T x) {
  if constexpr (is_float<T>) return fabs(x);
  else return x < T(0) ? T(0) - x : x;
}
template <class T>
__device__ inline T op_sign(T x) {
  return x > T(0) ? T(1) : x < T(0) ? T(-1) : x;
}
template <class T>
__device__ inline T op_reciprocal(T x) {
  return T(1) / x;
}

#define BURNISH_UNARY(name, function)  \
  template <class T>                   \
  __device__ inline T op_##name(T x) { \
    return function(x);                \
  }
BURNISH_UNARY(sqrt, sqrt)
BURNISH_UNARY(exp, exp)
BURNISH_UNARY(log, log)
BURNISH_UNARY(erf, erf)
BURNISH_UNARY(sin, sin)
BURNISH_UNARY(cos, cos)
BURNISH_UNARY(tan, tan)
BURNISH_UNARY(asin, asin)
BURNISH_UNARY(acos, acos)
BURNISH_UNARY(atan, atan)
BURNISH_UNARY(sinh, sinh)
BURNISH_UNARY(cosh, cosh)
BURNISH_UNARY(tanh, tanh)
BURNISH_UNARY(asinh, asinh)
BURNISH_UNARY(acosh, acosh)
BURNISH_UNARY(atanh, atanh)
#undef BURNISH_UNARY

#define BURNISH_ROUNDING(name, function)           \
  template <class T>                               \
  __device__ inline T op_##name(T x) {             \
    if constexpr (is_float<T>) return function(x); \
    else return x;                                 \
  }
BURNISH_ROUNDING(floor, floor)
BURNISH_ROUNDING(ceil, ceil)
BURNISH_ROUNDING(round, rint)
BURNISH_ROUNDING(round_half_away, round)
BURNISH_ROUNDING(trunc, trunc)
#undef BURNISH_ROUNDING

/// Half to even by adding and taking away a number whose last bit means 1: several times as fast as the instruction that rounds.
template <>
__device__ inline float op_round<float>(float x) {
  const float near = (x + 12582912.0f) - 12582912.0f;
  return fabsf(x) < 4194304.0f ? copysignf(near, x) : rintf(x);
}

template <class T>
__device__ inline T op_sigmoid(T x) {
  return T(1) / (T(1) + exp(-x));
}
template <class T>
__device__ inline T op_relu(T x) {
  return x > T(0) or is_not_a_number(x) ? x : T(0);
}
__device__ inline float op_relu(float x) { return op_max(x, 0.0f); }
template <class T>
__device__ inline T op_softplus(T x) {
  return x > T(0) ? x + log1p(exp(-x)) : log1p(exp(x));
}
template <class T>
__device__ inline T op_softsign(T x) {
  return x / (T(1) + fabs(x));
}
template <class T>
__device__ inline T op_mish(T x) {
  return x * tanh(op_softplus(x));
}
template <class T>
__device__ inline T op_hard_sigmoid(T x, T a, T b) {
  return op_max(T(0), op_min(T(1), a * x + b));
}
template <class T>
__device__ inline T op_hard_swish(T x) {
  return x * op_hard_sigmoid(x, T(1) / T(6), T(0.5));
}
template <class T>
__device__ inline T op_leaky_relu(T x, T a) {
  return x < T(0) ? a * x : x;
}
template <class T>
__device__ inline T op_elu(T x, T a) {
  return x < T(0) ? a * expm1(x) : x;
}
template <class T>
__device__ inline T op_celu(T x, T a) {
  return x < T(0) ? a * expm1(x / a) : x;
}
template <class T>
__device__ inline T op_selu(T x, T a, T b) {
  return x > T(0) ? b * x : b * a * expm1(x);
}
template <class T>
__device__ inline T op_thresholded_relu(T x, T a) {
  return x > a or is_not_a_number(x) ? x : T(0);
}
template <class T>
__device__ inline T op_shrink(T x, T lambd, T bias) {
  if (x < -lambd) return x + bias;
  if (x > lambd) return x - bias;
  return is_not_a_number(x) ? x : T(0);
}
template <class T>
__device__ inline T op_swish(T x, T a) {
  return x * op_sigmoid(a * x);
}
// Float with the hardware's exponential: two units in the last place, far below what halves hold.
__device__ inline float op_sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }
__device__ inline float op_swish(float x, float a) { return x * op_sigmoid(a * x); }
template <class T>
__device__ inline T op_gelu_erf(T x) {
  return T(0.5) * x * (T(1) + erf(x * T(0.70710678118654752440)));
}
template <class T>
__device__ inline T op_gelu_tanh(T x) {
  return T(0.5) * x * (T(1) + tanh(T(0.79788456080286535588) * (x + T(0.044715) * x * x * x)));
}

__device__ inline float op_pow(float x, float y) { return powf(x, y); }
__device__ inline double op_pow(double x, double y) { return pow(x, y); }
template <class T>
__device__ inline T op_pow(T base, T exponent) {
  if (exponent < T(0)) return base == T(1) ? T(1) : base == static_cast<T>(-1) ? ((exponent & T(1)) != T(0) ? base : T(1)) : T(0);
  T result = 1;
  for (; exponent != T(0); exponent = exponent >> 1) {
    if ((exponent & T(1)) != T(0)) result = result * base;
    base = base * base;
  }
  return result;
}
/// Base and exponent of different kinds.
template <class T, class U>
__device__ inline T op_pow(T base, U exponent) {
  return static_cast<T>(pow(static_cast<double>(base), static_cast<double>(exponent)));
}

template <class T>
__device__ inline bool op_is_nan(T x) {
  return x != x;
}
template <class T>
__device__ inline bool op_is_inf(T x, T negative, T positive) {
  return isinf(x) and (x < T(0) ? negative : positive) != T(0);
}
template <class T>
__device__ inline bool op_equal(T x, T y) {
  return x == y;
}
template <class T>
__device__ inline bool op_less(T x, T y) {
  return x < y;
}
template <class T>
__device__ inline bool op_less_equal(T x, T y) {
  return x <= y;
}
template <class T>
__device__ inline bool op_greater(T x, T y) {
  return x > y;
}
template <class T>
__device__ inline bool op_greater_equal(T x, T y) {
  return x >= y;
}
__device__ inline bool op_logical_and(bool x, bool y) { return x and y; }
__device__ inline bool op_logical_or(bool x, bool y) { return x or y; }
__device__ inline bool op_logical_xor(bool x, bool y) { return x != y; }
__device__ inline bool op_logical_not(bool x) { return not x; }
template <class T>
__device__ inline T op_bitwise_and(T x, T y) {
  return x & y;
}
template <class T>
__device__ inline T op_bitwise_or(T x, T y) {
  return x | y;
}
template <class T>
__device__ inline T op_bitwise_xor(T x, T y) {
  return x ^ y;
}
template <class T>
__device__ inline T op_bitwise_not(T x) {
  return ~x;
}
template <class T>
__device__ inline T op_shift_left(T x, T y) {
  return y >= static_cast<T>(8 * sizeof(T)) ? T(0) : x << y;
}
template <class T>
__device__ inline T op_shift_right(T x, T y) {
  return y >= static_cast<T>(8 * sizeof(T)) ? T(0) : x >> y;
}
template <class T>
__device__ inline T op_where(bool condition, T x, T y) {
  return condition ? x : y;
}
