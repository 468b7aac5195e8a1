// Sliding windows: kernel size, stride and dilation are types, so that loops over a window unroll; extents, pads and strides in memory
// are parameters. Pools and direct convolutions walk the output with one thread for a run of neighbouring elements.
#pragma once

#include "strided.cuh"

template <int kernel_, int stride_, int dilation_>
struct Window {
  static constexpr int kernel = kernel_;
  static constexpr int stride = stride_;
  static constexpr int dilation = dilation_;
  /// Loops over few elements unroll, longer ones do not.
  static constexpr int unrolled = kernel <= 8 ? kernel : 1;

  /// How many of the window's elements that begins at `begin` lie inside [low, high).
  static __device__ inline int inside(int begin, int low, int high) {
    const int first = begin >= low ? 0 : (low - begin + dilation - 1) / dilation;
    const int past = high - begin;
    const int last = past <= 0 ? 0 : min(kernel, (past + dilation - 1) / dilation);
    return max(last - first, 0);
  }
};

/// Strides of an image: batch, channel, depth, height, width.
struct ImageStrides {
  i64 stride[5];
};

/// Where a thread's output element is: the walked coordinates, and what they mean.
struct ImagePlace {
  u32 at[5];
  u32 batch, channel;
  int position[3];
};

template <bool channels_last, int width>
__device__ inline ImagePlace image_place(u32 index, const Extents<5>& walked) {
  ImagePlace place;
  unravel(index, walked, place.at);
  place.at[4] *= width;
  place.batch = place.at[0];
  place.channel = place.at[channels_last ? 4 : 1];
#pragma unroll
  for (int axis = 0; axis < 3; ++axis) place.position[axis] = place.at[axis + (channels_last ? 1 : 2)];
  return place;
}
