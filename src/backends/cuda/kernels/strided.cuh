// Loops over several tensors at once, by strides: extents outermost first, merged by the host wherever all operands allow.
// Kernels of pointwise programs, reformats and copies take these as parameters, so that one compiled kernel serves every shape.
#pragma once

#include "types.cuh"

template <int rank>
struct Extents {
  u32 extent[rank];
};
template <int rank>
struct Strides {
  i64 stride[rank];  // in elements; 0 where the operand broadcasts
};

/// Coordinates of a linear index, the last one fastest.
template <int rank>
__device__ inline void unravel(u32 index, const Extents<rank>& extents, u32 (&at)[rank]) {
#pragma unroll
  for (int axis = rank - 1; axis > 0; --axis) {
    const u32 outer = index / extents.extent[axis];
    at[axis] = index - outer * extents.extent[axis];
    index = outer;
  }
  at[0] = index;
}

template <int rank>
__device__ inline i64 offset_of(const u32 (&at)[rank], const Strides<rank>& strides) {
  i64 offset = 0;
#pragma unroll
  for (int axis = 0; axis < rank; ++axis) offset += at[axis] * strides.stride[axis];
  return offset;
}

/// `count` neighbours along the last axis: contiguous, all the same element, or by stride.
enum class Access { contiguous, same, strided };

template <Access access, int count, class T>
__device__ inline Vec<T, count> load_run(const T* from, i64 stride) {
  if constexpr (access == Access::contiguous) return load_vector<T, count>(from);
  Vec<T, count> values;
#pragma unroll
  for (int i = 0; i < count; ++i) values.at[i] = access == Access::same ? *from : from[i * stride];
  return values;
}

template <Access access, int count, class T>
__device__ inline void store_run(T* to, i64 stride, const Vec<T, count>& values) {
  if constexpr (access == Access::contiguous) return store_vector<T, count>(to, values);
#pragma unroll
  for (int i = 0; i < count; ++i) to[i * stride] = values.at[i];
}
