// How generated tails read and write runs of neighbouring results by their access. Constants are read through instructions that tell the compiler
// that they never change, so that it reads them once for all the runs a thread stores.
#pragma once

#include "halves.cuh"
#include "strided.cuh"

template <class Word, class To>
__device__ inline To read_constant(const To* from) {
  union {
    Word word;
    To value;
  } both{__ldg(reinterpret_cast<const Word*>(from))};
  return both.value;
}

template <class T, int count>
__device__ inline Vec<T, count> load_constant_vector(const T* from) {
  using Data = Vec<T, count>;
  const Data* data = reinterpret_cast<const Data*>(from);
  if constexpr (sizeof(Data) == 16) return read_constant<uint4>(data);
  else if constexpr (sizeof(Data) == 8) return read_constant<uint2>(data);
  else if constexpr (sizeof(Data) == 4) return read_constant<unsigned int>(data);
  else if constexpr (sizeof(Data) == 2) return read_constant<unsigned short>(data);
  else if constexpr (sizeof(Data) == 1) return read_constant<unsigned char>(data);
  else {
    Data values;
    const auto low = load_constant_vector<T, count / 2>(from), high = load_constant_vector<T, count / 2>(from + count / 2);
#pragma unroll
    for (int i = 0; i < count; ++i) values.at[i] = i < count / 2 ? low.at[i % (count / 2)] : high.at[i % (count / 2)];
    return values;
  }
}

template <bool constant, class T, int count>
__device__ inline void load_values(const T* from, Compute<T> (&to)[count]) {
  Run<T, count> run;
  if constexpr (constant)
    run.data = load_constant_vector<typename Run<T, count>::Word, Run<T, count>::words>(
        reinterpret_cast<const typename Run<T, count>::Word*>(from));
  else run.load(from);
  run.unpack(to);
}

/// `count` neighbours along the last axis.
template <Access access, bool constant, class T, int count>
__device__ inline void load_operand(const T* from, i64 stride, Compute<T> (&to)[count]) {
  if constexpr (access == Access::contiguous) {
    load_values<constant>(from, to);
  } else {
#pragma unroll
    for (int i = 0; i < count; ++i) {
      Compute<T> one[1];
      if (access == Access::strided or i == 0) load_values<constant>(from + (access == Access::strided ? i * stride : 0), one);
      to[i] = access == Access::strided or i == 0 ? one[0] : to[0];
    }
  }
}

template <Access access, class T, class From, int count>
__device__ inline void store_results(T* to, i64 stride, const From (&results)[count]) {
  if constexpr (access == Access::contiguous) {
    Run<T, count> run;
    run.pack(results);
    run.store(to);
  } else {
#pragma unroll
    for (int i = 0; i < count; ++i) to[i * stride] = store_element<T>(results[i]);
  }
}
