// ScatterElements and ScatterND into a copy of the data. Updates of one place are applied in their order, without atomics: where order
// counts, every thread looks through all indices of its line and applies those whose target it owns.
// An index outside its axis is left out.
#pragma once

#include "expr.cuh"
#include "gather.cuh"

enum class Reduction { none, add, mul, max, min };

template <Reduction reduction, class T>
__device__ inline void apply_update(T* __restrict__ to, T update) {
  if constexpr (reduction == Reduction::none) {
    *to = update;
  } else {
    const Compute<T> a = load_element(*to), b = load_element(update);
    Compute<T> made = a;
    if constexpr (reduction == Reduction::add) made = a + b;
    if constexpr (reduction == Reduction::mul) made = a * b;
    if constexpr (reduction == Reduction::max) made = op_max(a, b);
    if constexpr (reduction == Reduction::min) made = op_min(a, b);
    *to = store_element<T>(made);
  }
}

/// All updates along an axis that differ in nothing else are a line. `ways` threads share one; `count` is lines times ways.
template <int rank>
struct Lines {
  Extents<rank> extents;  // of the indices, 1 on the axis
  Strides<rank> data, indices;
  i64 data_stride, indices_stride;  // of the axis
  u32 length, extent;               // of the axis, in the indices and in the data
  u32 ways, count;
};

template <Reduction reduction, class T, class Index, int rank>
__device__ inline void scatter_lines(T* __restrict__ out, const Index* __restrict__ indices, const T* __restrict__ updates,
                                     const Lines<rank>& l) {
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < l.count; i += gridDim.x * blockDim.x) {
    u32 at[rank];
    const u32 owner = i % l.ways;
    unravel(i / l.ways, l.extents, at);
    T* to = out + offset_of(at, l.data);
    const i64 from = offset_of(at, l.indices);
    for (u32 j = 0; j < l.length; ++j) {
      const i64 place = from + j * l.indices_stride;
      const i64 index = checked_index(indices[place], l.extent);
      if (index < 0 or (l.ways > 1 and static_cast<u32>(index) % l.ways != owner)) continue;
      apply_update<reduction>(to + index * l.data_stride, updates[place]);
    }
  }
}

/// One thread for each update: for updates that replace, where no two should name one place.
template <class T, class Index, int rank>
__device__ inline void scatter_elements(T* __restrict__ out, const Index* __restrict__ indices, const T* __restrict__ updates,
                                        const Lines<rank>& l, const Extents<rank>& extents) {
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < l.count; i += gridDim.x * blockDim.x) {
    u32 at[rank];
    unravel(i, extents, at);
    const i64 index = checked_index(indices[i], l.extent);
    if (index >= 0) out[offset_of(at, l.data) + index * l.data_stride] = updates[i];
  }
}

/// Rows of coordinates, each with a slice of `inner` updates. Each element of a slice has `ways` threads.
template <Reduction reduction, int length, class T, class Index>
__device__ inline void scatter_rows(T* __restrict__ out, const Index* __restrict__ indices, const T* __restrict__ updates,
                                    const Coordinates<length>& coordinates, u32 rows, u32 inner, u32 ways) {
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < inner * ways; i += gridDim.x * blockDim.x) {
    const u32 owner = i / inner, element = i - owner * inner;
    for (u32 row = 0; row < rows; ++row) {
      const i64 offset = row_offset<length>(indices, row, coordinates);
      if (offset < 0 or (ways > 1 and static_cast<u32>(offset / inner) % ways != owner)) continue;
      apply_update<reduction>(out + offset + element, updates[static_cast<u64>(row) * inner + element]);
    }
  }
}

/// As above for updates that replace: one thread for each.
template <int length, class T, class Index>
__device__ inline void replace_rows(T* __restrict__ out, const Index* __restrict__ indices, const T* __restrict__ updates,
                                    const Coordinates<length>& coordinates, u32 rows, u32 inner) {
  const u32 count = rows * inner;
  for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
    const u32 row = i / inner;
    const i64 offset = row_offset<length>(indices, row, coordinates);
    if (offset >= 0) out[offset + (i - row * inner)] = updates[i];
  }
}
