// Weighted sums over positions that are looked up: an output element is the sum over up to three axes' taps, each axis with a table of places
// and weights for every output position. Resize by interpolation is made of it, whatever its coordinate rules.
#pragma once

#include "strided.cuh"

/// Axes that are interpolated come in order of memory; `k0`, `k1`, `k2` are their numbers of taps, 1 where there are fewer such axes.
template <int rank>
struct Interpolation {
  Extents<rank> extents;  // of the output, the last one counted in runs
  Strides<rank> from;     // of the other axes, in elements
  u32 begin[rank];        // where an axis's taps begin
  u32 count;
  float outside;  // what a position with a negative place holds
};

/// The lowest bit that is set, or `none`.
__device__ inline constexpr int lowest_bit(u32 bits, int none) {
  if (bits == 0) return none;
  int at = 0;
  while ((bits >> at & 1) == 0) ++at;
  return at;
}

template <int k>
struct AxisTaps {
  i32 place[k];
  float weight[k];
};

template <int k>
__device__ inline AxisTaps<k> taps_at(const i32* __restrict__ places, const float* __restrict__ weights, u32 first) {
  AxisTaps<k> taps;
#pragma unroll
  for (int i = 0; i < k; ++i) {
    taps.place[i] = places[first + i];
    taps.weight[i] = weights[first + i];
  }
  return taps;
}

/// `tapped` has bit i where axis i is interpolated. Sums are of `run` neighbours that lie side by side on both sides, or of one.
template <u32 tapped, int k0, int k1, int k2, int run, class T, int rank>
__device__ inline void interpolate(const T* __restrict__ from, T* __restrict__ to, const i32* __restrict__ places,
                                   const float* __restrict__ weights, const Interpolation<rank>& all) {
  constexpr u32 rest = tapped & (tapped - 1);
  constexpr int first = lowest_bit(tapped, rank), second = lowest_bit(rest, rank), third = lowest_bit(rest & (rest - 1), rank);
  constexpr bool unrolled = k0 * k1 * k2 <= 64;
  for (u32 index = blockIdx.x * blockDim.x + threadIdx.x; index < all.count; index += gridDim.x * blockDim.x) {
    u32 at[rank];
    unravel(index, all.extents, at);
    i64 offset = 0;
#pragma unroll
    for (int axis = 0; axis < rank; ++axis) {
      if ((tapped >> axis & 1) != 0) continue;
      offset += static_cast<i64>(axis + 1 == rank ? at[axis] * run : at[axis]) * all.from.stride[axis];
    }
    AxisTaps<k0> outer{};
    AxisTaps<k1> middle{};
    AxisTaps<k2> inner{};
    outer.weight[0] = middle.weight[0] = inner.weight[0] = 1.0f;
    if constexpr (first < rank) outer = taps_at<k0>(places, weights, all.begin[first] + at[first] * k0);
    if constexpr (second < rank) middle = taps_at<k1>(places, weights, all.begin[second] + at[second] * k1);
    if constexpr (third < rank) inner = taps_at<k2>(places, weights, all.begin[third] + at[third] * k2);
    float sums[run] = {};
    const bool outside = outer.place[0] < 0 or middle.place[0] < 0 or inner.place[0] < 0;
    if (not outside) {
#pragma unroll(unrolled ? k0 : 1)
      for (int a = 0; a < k0; ++a)
#pragma unroll(unrolled ? k1 : 1)
        for (int b = 0; b < k1; ++b)
#pragma unroll(unrolled ? k2 : 1)
          for (int c = 0; c < k2; ++c) {
            const float weight = outer.weight[a] * middle.weight[b] * inner.weight[c];
            const auto values = load_vector<T, run>(from + offset + outer.place[a] + middle.place[b] + inner.place[c]);
#pragma unroll
            for (int i = 0; i < run; ++i) sums[i] += weight * load_element(values.at[i]);
          }
    }
    Vec<T, run> made;
#pragma unroll
    for (int i = 0; i < run; ++i) made.at[i] = store_element<T>(outside ? all.outside : sums[i]);
    store_vector<T, run>(to + static_cast<u64>(index) * run, made);
  }
}
