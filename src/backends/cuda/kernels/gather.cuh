// Elements and slices picked by indices that are known only while running: Gather, GatherND, GatherElements.
// Indices count from the end where negative; one outside its axis gives zeros.
#pragma once

#include "strided.cuh"

/// Non-negative where the index is valid.
template <class Index>
__device__ inline i64 checked_index(Index index, u32 extent) {
  const i64 at = index < 0 ? static_cast<i64>(index) + extent : static_cast<i64>(index);
  return at < static_cast<i64>(extent) ? at : -1;
}

/// to[outer, pick, :] = from[outer, indices[pick], :] with `inner` words in a slice.
template <class Word, class Index>
__device__ inline void gather_slices(const Word* __restrict__ from, const Index* __restrict__ indices, Word* __restrict__ to, u32 count,
                                     u32 extent, u32 picks, u32 inner) {
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
    const u32 row = i / inner, word = i - row * inner, outer = row / picks;
    const i64 at = checked_index(indices[row - outer * picks], extent);
    Word value = {};
    if (at >= 0) value = from[(static_cast<u64>(outer) * extent + at) * inner + word];
    to[i] = value;
  }
}

/// How rows of `length` coordinates point into the data.
template <int length>
struct Coordinates {
  Extents<length> extents;
  Strides<length> strides;  // in words
};

/// The offset of row `row`; negative where a coordinate lies outside.
template <int length, class Index>
__device__ inline i64 row_offset(const Index* __restrict__ indices, u32 row, const Coordinates<length>& coordinates) {
  i64 offset = 0;
  bool outside = false;
#pragma unroll
  for (int i = 0; i < length; ++i) {
    const i64 at = checked_index(indices[static_cast<u64>(row) * length + i], coordinates.extents.extent[i]);
    outside = outside or at < 0;
    offset += at * coordinates.strides.stride[i];
  }
  return outside ? -1 : offset;
}

/// to[row, :] = from[batch of the row, coordinates of the row, :].
template <int length, class Word, class Index>
__device__ inline void gather_rows(const Word* __restrict__ from, const Index* __restrict__ indices, Word* __restrict__ to, u32 count,
                                   u32 inner, u32 rows_per_batch, u32 batch_words, const Coordinates<length>& coordinates) {
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
    const u32 row = i / inner, word = i - row * inner;
    const i64 offset = row_offset<length>(indices, row, coordinates);
    Word value = {};
    if (offset >= 0) value = from[static_cast<u64>(row / rows_per_batch) * batch_words + offset + word];
    to[i] = value;
  }
}

/// to[at] = from[at with the axis replaced by indices[at]]; `stride` and `extent` are the axis's, strides hold 0 there.
template <class Word, class Index, int rank>
__device__ inline void gather_elements(const Word* __restrict__ from, const Index* __restrict__ indices, Word* __restrict__ to, u32 count,
                                       const Extents<rank>& extents, const Strides<rank>& strides, u32 extent, i64 stride) {
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
    u32 at[rank];
    unravel(i, extents, at);
    const i64 index = checked_index(indices[i], extent);
    Word value = {};
    if (index >= 0) value = from[offset_of(at, strides) + index * stride];
    to[i] = value;
  }
}
