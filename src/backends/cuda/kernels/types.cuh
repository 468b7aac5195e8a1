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

/// The type in which elements are computed: halves in float, everything else in itself.
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
template <class T>
using Compute = typename ComputeType<T>::type;

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
