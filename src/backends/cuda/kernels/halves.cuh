// Runs of neighbouring elements as words of registers, and as what is computed with: halves are converted in pairs, without taking words apart
// or putting them together first, and move as words. Kernels whose time goes into conversions use it instead of load_element.
#pragma once

#include "types.cuh"

template <class T>
__device__ inline void unpack_pair(u32 word, float& low, float& high);
template <>
__device__ inline void unpack_pair<f16>(u32 word, float& low, float& high) {
  asm("{.reg .b16 l, h; mov.b32 {l, h}, %2; cvt.f32.f16 %0, l; cvt.f32.f16 %1, h;}" : "=f"(low), "=f"(high) : "r"(word));
}
template <>
__device__ inline void unpack_pair<bf16>(u32 word, float& low, float& high) {
  low = __uint_as_float(word << 16);
  high = __uint_as_float(word & 0xffff0000u);
}

/// Rounds to nearest, ties to even.
template <class T>
__device__ inline u32 pack_pair(float low, float high);
template <>
__device__ inline u32 pack_pair<f16>(float low, float high) {
  u32 word;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
}
template <>
__device__ inline u32 pack_pair<bf16>(float low, float high) {
  u32 word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
}

template <bool condition, class Yes, class No>
struct Choose {
  using type = Yes;
};
template <class Yes, class No>
struct Choose<false, Yes, No> {
  using type = No;
};

/// `count` elements; zeros unless loaded.
template <class T, int count>
struct Run {
  static constexpr bool paired = sizeof(T) == 2 and count % 2 == 0;
  static constexpr int words = paired ? count / 2 : count;
  using Word = typename Choose<paired, u32, T>::type;

  Vec<Word, words> data = {};

  __device__ inline void load(const T* from) { data = load_vector<Word, words>(reinterpret_cast<const Word*>(from)); }
  __device__ inline void store(T* to) const {
    if constexpr (sizeof(data) % sizeof(u64) == 0) {
      constexpr int longs = sizeof(data) / sizeof(u64);
      union {
        Vec<Word, words> given;
        Vec<u64, longs> taken;
      } both{data};
      store_vector<u64, longs>(reinterpret_cast<u64*>(to), both.taken);
    } else {
      store_vector<Word, words>(reinterpret_cast<Word*>(to), data);
    }
  }
  /// To what is computed with, or what that converts to.
  template <class To>
  __device__ inline void unpack(To (&to)[count]) const {
#pragma unroll
    for (int i = 0; i < words; ++i) {
      if constexpr (paired) unpack_pair<T>(data.at[i], to[2 * i], to[2 * i + 1]);
      else to[i] = static_cast<To>(load_element(data.at[i]));
    }
  }
  template <class From>
  __device__ inline void pack(const From (&from)[count]) {
#pragma unroll
    for (int i = 0; i < words; ++i) {
      if constexpr (paired) data.at[i] = pack_pair<T>(static_cast<float>(from[2 * i]), static_cast<float>(from[2 * i + 1]));
      else data.at[i] = store_element<T>(from[i]);
    }
  }
};
