// Elements that are made from their positions rather than computed from others: OneHot, Range, EyeLike, Trilu, ReverseSequence, MaxUnpool;
// and running sums and products. Words are moved as bits.
#pragma once

#include "expr.cuh"
#include "gather.cuh"

#define BURNISH_FOR_EACH(i, count) for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < (count); i += gridDim.x * blockDim.x)

/// `inner` indices lie inside the new axis of `depth`.
template <class Word, class Index>
__device__ inline void one_hot(const Index* __restrict__ indices, const Word* __restrict__ values, Word* __restrict__ to, u32 count,
                               u32 depth, u32 inner) {
  BURNISH_FOR_EACH(i, count) {
    const u32 row = i / inner, outer = row / depth;
    i64 index = static_cast<i64>(load_element(indices[outer * inner + (i - row * inner)]));
    if (index < 0) index += depth;
    to[i] = values[index == row - outer * depth ? 1 : 0];
  }
}

template <class T>
__device__ inline void range(const T* __restrict__ start, const T* __restrict__ delta, T* __restrict__ to, u32 count) {
  BURNISH_FOR_EACH(i, count) {
    if constexpr (is_float<Compute<T>>)
      to[i] = store_element<T>(static_cast<double>(load_element(*start)) + i * static_cast<double>(load_element(*delta)));
    else to[i] = static_cast<T>(*start + static_cast<T>(i) * *delta);
  }
}

/// Words on diagonal `k` are `on`.
template <class Word>
__device__ inline void eye(Word* __restrict__ to, u32 count, u32 columns, i64 k, Word on) {
  BURNISH_FOR_EACH(i, count) {
    const i64 row = i / columns, column = i % columns;
    to[i] = column - row == k ? on : Word(0);
  }
}

/// The triangle of the last two axes, of `rows` and `columns`; `k` may be null.
template <class Word>
__device__ inline void trilu(const Word* __restrict__ from, const i64* __restrict__ k, Word* __restrict__ to, u32 count, u32 rows,
                             u32 columns, bool upper) {
  const i64 diagonal = k == nullptr ? 0 : *k;
  BURNISH_FOR_EACH(i, count) {
    const i64 row = i / columns % rows, column = i % columns;
    // Sums of a row and a number given by the user could wrap: differences of places do not.
    const bool kept = upper ? column - row >= diagonal : column - row <= diagonal;
    to[i] = kept ? from[i] : Word(0);
  }
}

/// Steps of `inner` words; the batch's axis comes first or second.
template <class Word, class Index>
__device__ inline void reverse_sequence(const Word* __restrict__ from, const Index* __restrict__ lengths, Word* __restrict__ to, u32 count,
                                        u32 times, u32 batch, u32 inner, bool time_first) {
  BURNISH_FOR_EACH(i, count) {
    const u32 place = i / inner;
    const u32 time = time_first ? place / batch : place % times, entry = time_first ? place % batch : place / times;
    const i64 length = min(static_cast<i64>(lengths[entry]), static_cast<i64>(times));
    const u32 source = time < length ? static_cast<u32>(length) - 1 - time : time;
    to[i] = from[static_cast<u64>(time_first ? source * batch + entry : entry * times + source) * inner + (i - place * inner)];
  }
}

/// Indices count in a tensor of `smallest` strides; the output has others.
template <class Word, class Index, int rank>
__device__ inline void max_unpool(const Word* __restrict__ from, const Index* __restrict__ indices, Word* __restrict__ to, u32 count,
                                  i64 limit, const Strides<rank>& smallest, const Strides<rank>& strides) {
  BURNISH_FOR_EACH(i, count) {
    i64 rest = indices[i], place = 0;
    if (rest < 0 or rest >= limit) continue;
#pragma unroll
    for (int axis = 0; axis < rank; ++axis) {
      const i64 at = rest / smallest.stride[axis];
      place += at * strides.stride[axis];
      rest -= at * smallest.stride[axis];
    }
    to[place] = from[i];
  }
}

/// What running values are kept in: double for floats, 64 bits for integers.
template <bool floating>
struct RunningType {
  using type = double;
};
template <>
struct RunningType<false> {
  using type = u64;
};
template <class T>
using Running = typename RunningType<is_float<Compute<T>>>::type;

template <bool product, class A>
__device__ inline A accumulate(A a, A b) {
  return product ? a * b : a + b;
}

template <class T, class A>
__device__ inline T store_running(A value) {
  if constexpr (is_float<Compute<T>>) return store_element<T>(static_cast<Compute<T>>(value));
  else return static_cast<T>(value);
}

/// A thread for each row: rows lie side by side.
template <bool product, bool exclusive, bool reverse, class T>
__device__ inline void accumulate_rows(const T* __restrict__ from, T* __restrict__ to, u32 rows, u32 extent, u32 inner) {
  BURNISH_FOR_EACH(row, rows) {
    const u64 first = static_cast<u64>(row / inner) * extent * inner + row % inner;
    Running<T> sum = product ? 1 : 0;
    for (u32 i = 0; i < extent; ++i) {
      const u64 at = first + static_cast<u64>(reverse ? extent - 1 - i : i) * inner;
      const Running<T> next = accumulate<product>(sum, static_cast<Running<T>>(load_element(from[at])));
      to[at] = store_running<T>(exclusive ? sum : next);
      sum = next;
    }
  }
}

/// A block of 256 threads for each row: so many elements at a time, by sums over distances that double.
template <bool product, bool exclusive, bool reverse, class T>
__device__ inline void accumulate_blocks(const T* __restrict__ from, T* __restrict__ to, u32 rows, u32 extent, u32 inner) {
  constexpr int threads = 256;
  __shared__ Running<T> sums[2][threads];
  for (u32 row = blockIdx.x; row < rows; row += gridDim.x) {
    const u64 first = static_cast<u64>(row / inner) * extent * inner + row % inner;
    Running<T> before = product ? 1 : 0;
    for (u32 tile = 0; tile < extent; tile += threads) {
      const u32 i = tile + threadIdx.x;
      const u64 at = first + static_cast<u64>(reverse ? extent - 1 - i : i) * inner;
      Running<T> own = product ? 1 : 0;
      if (i < extent) own = static_cast<Running<T>>(load_element(from[at]));
      int side = 0;
      sums[side][threadIdx.x] = own;
      for (u32 distance = 1; distance < threads; distance *= 2) {
        __syncthreads();
        own = sums[side][threadIdx.x];
        if (threadIdx.x >= distance) own = accumulate<product>(sums[side][threadIdx.x - distance], own);
        side = 1 - side;
        sums[side][threadIdx.x] = own;
      }
      __syncthreads();
      const Running<T> last = threadIdx.x == 0 ? (product ? 1 : 0) : sums[side][threadIdx.x - 1];
      if (i < extent) to[at] = store_running<T>(accumulate<product>(before, exclusive ? last : own));
      before = accumulate<product>(before, sums[side][threads - 1]);
      __syncthreads();
    }
  }
}
