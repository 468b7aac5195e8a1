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

/// Four bytes of which the first lies lowest; see to_float.
template <class T>
__device__ inline void unpack_four(u32 word, float (&to)[4]);
template <>
__device__ inline void unpack_four<u8>(u32 word, float (&to)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) to[i] = __uint_as_float(__byte_perm(word, 0x4b000000u, 0x7440u + i)) - 8388608.0f;
}
template <>
__device__ inline void unpack_four<i8>(u32 word, float (&to)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) to[i] = __uint_as_float(__byte_perm(word ^ 0x80808080u, 0x4b000000u, 0x7440u + i)) - 8388736.0f;
}
__device__ inline u32 pack_four(u32 first, u32 second, u32 third, u32 fourth) {
  return __byte_perm(__byte_perm(first, second, 0x0040u), __byte_perm(third, fourth, 0x0040u), 0x5410u);
}

template <class T>
inline constexpr bool is_byte = false;
template <>
inline constexpr bool is_byte<u8> = true;
template <>
inline constexpr bool is_byte<i8> = true;

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
  static constexpr int together = sizeof(T) == 2 and count % 2 == 0 ? 2 : is_byte<T> and count % 4 == 0 ? 4 : 1;  // in a word
  static constexpr int words = count / together;
  using Word = typename Choose<(together > 1), u32, T>::type;

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
      if constexpr (together == 2) {
        unpack_pair<T>(data.at[i], to[2 * i], to[2 * i + 1]);
      } else if constexpr (together == 4 and sizeof(To) > 1) {
        float four[4];
        unpack_four<T>(data.at[i], four);
#pragma unroll
        for (int j = 0; j < 4; ++j) to[4 * i + j] = static_cast<To>(four[j]);
      } else if constexpr (together == 4) {
#pragma unroll
        for (int j = 0; j < 4; ++j) to[4 * i + j] = static_cast<To>(data.at[i] >> (8 * j) & 0xff);
      } else {
        to[i] = to_float<To>(load_element(data.at[i]));
      }
    }
  }
  template <class From>
  __device__ inline void pack(const From (&from)[count]) {
#pragma unroll
    for (int i = 0; i < words; ++i) {
      if constexpr (together == 2) data.at[i] = pack_pair<T>(static_cast<float>(from[2 * i]), static_cast<float>(from[2 * i + 1]));
      else if constexpr (together == 4)
        data.at[i] = pack_four(word(from[4 * i]), word(from[4 * i + 1]), word(from[4 * i + 2]), word(from[4 * i + 3]));
      else data.at[i] = store_element<T>(from[i]);
    }
  }

 private:
  /// A byte as the last one of a word.
  template <class From>
  static __device__ inline u32 word(From x) {
    return static_cast<u8>(store_element<T>(x));
  }
  static __device__ inline u32 word(u32 x) { return x; }
};
