// Element types of device code: f16 and bf16 as bits with conversions by instructions, so that no header of a toolkit is needed;
// vectors of elements that move as one; conversions between what is stored and what is computed. Every kernel includes it.
#pragma once

using i8 = signed char;
using u8 = unsigned char;
using i16 = short;
using u16 = unsigned short;
using i32 = int;
using u32 = unsigned int;
using i64 = long long;
using u64 = unsigned long long;

struct f16 {
  u16 bits;
};
struct bf16 {
  u16 bits;
};

/// e4m3: four bits of exponent, three of mantissa, no infinities.
struct f8e4m3fn {
  u8 bits;
};

/// The type in which elements are computed: halves and float8 in float, everything else in itself.
template <class T>
struct ComputeType {
  using type = T;
};
template <>
struct ComputeType<f16> {
  using type = float;
};
template <>
struct ComputeType<bf16> {
  using type = float;
};
template <>
struct ComputeType<f8e4m3fn> {
  using type = float;
};
template <class T>
using Compute = typename ComputeType<T>::type;

/// To float or double. Bytes become floats by their place in the bits of 2^23 + x: the conversion takes several times as long.
template <class To, class From>
__device__ inline To to_float(From x) {
  return static_cast<To>(x);
}
template <>
__device__ inline float to_float<float, u8>(u8 x) {
  return __uint_as_float(0x4b000000u | x) - 8388608.0f;
}
template <>
__device__ inline float to_float<float, i8>(i8 x) {
  return __uint_as_float(0x4b000000u | (static_cast<u8>(x) ^ 0x80u)) - 8388736.0f;
}

template <class T>
__device__ inline Compute<T> load_element(T x) {
  return x;
}
template <>
__device__ inline float load_element<f16>(f16 x) {
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
}
template <>
__device__ inline float load_element<bf16>(bf16 x) {
  return __uint_as_float(static_cast<u32>(x.bits) << 16);
}

template <>
__device__ inline float load_element<f8e4m3fn>(f8e4m3fn x) {
  const u32 magnitude = x.bits & 0x7f, sign = static_cast<u32>(x.bits & 0x80) << 24;
  if (magnitude == 0x7f) return __int_as_float(0x7fffffff);
  // Exponent and mantissa at float's place; the product moves the exponent's bias from 7 to 127, for small numbers too.
  return __uint_as_float(__float_as_uint(__uint_as_float(magnitude << 20) * 0x1p120f) | sign);
}

/// Rounds to nearest, ties to even.
template <class T, class From>
struct Stored {
  static __device__ inline T of(From x) { return static_cast<T>(x); }
};
template <class From>
struct Stored<f16, From> {
  static __device__ inline f16 of(From x) {
    f16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(static_cast<float>(x)));
    return y;
  }
};
template <class From>
struct Stored<bf16, From> {
  static __device__ inline bf16 of(From x) {
    bf16 y;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(static_cast<float>(x)));
    return y;
  }
};
/// What is too large becomes the largest number.
template <class From>
struct Stored<f8e4m3fn, From> {
  static __device__ inline f8e4m3fn of(From x) {
    const float value = static_cast<float>(x);
    const u32 sign = __float_as_uint(value) >> 24 & 0x80;
    const float magnitude = __uint_as_float(__float_as_uint(value) & 0x7fffffff);
    if (magnitude != magnitude) return {static_cast<u8>(sign | 0x7f)};
    if (magnitude >= 448.0f) return {static_cast<u8>(sign | 0x7e)};
    // Below the smallest normal number, 2^-6, steps are 2^-9: adding a number whose last bit means that rounds.
    if (magnitude < 0x1p-6f) return {static_cast<u8>(sign | (__float_as_uint(magnitude + 0x1p14f) & 0xf))};
    const u32 bits = __float_as_uint(magnitude), rounded = bits + 0x7ffff + (bits >> 20 & 1);
    return {static_cast<u8>(sign | ((rounded >> 20) - (120 << 3)))};
  }
};
template <class From>
struct Stored<bool, From> {
  static __device__ inline bool of(From x) { return x != From(0); }
};
template <class T, class From>
__device__ inline T store_element(From x) {
  return Stored<T, From>::of(x);
}

/// Until the kernels before this one have ended and their writes can be seen. Every kernel launched with `may_start_early` calls it before
/// it reads or writes memory of the plan.
__device__ inline void wait_for_inputs() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
/// Lets the next kernel start while this one still runs; it will wait in turn.
__device__ inline void release_next() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}

/// What one thread moves at once.
template <class T, int count>
struct alignas(sizeof(T) * count) Vec {
  T at[count];
};

template <class T, int count>
__device__ inline Vec<T, count> load_vector(const T* from) {
  return *reinterpret_cast<const Vec<T, count>*>(from);
}
template <class T, int count>
__device__ inline void store_vector(T* to, const Vec<T, count>& values) {
  *reinterpret_cast<Vec<T, count>*>(to) = values;
}

__device__ inline float infinity() { return __int_as_float(0x7f800000); }
