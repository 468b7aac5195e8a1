// Convolution by its definition, and its transpose: one thread for one element of the output, sums in float (double for double).
// For the cases that nothing faster takes; any group, any layout.
#pragma once

#include "windows.cuh"

template <class T, class TW>
struct ConvShape {
  const T* x;
  const TW* weight;  // [M,C/group,k...], transposed: [C,M/group,k...], row-major
  ImageStrides strides;
  Extents<5> walked;  // outputs
  u32 count;
  u32 channels, filters;  // of one group, in x and in the output
  int inputs[3], pad_begin[3];
};

/// Of the three axes of a window: where element k of the window for an output position reads, or -1.
template <bool transposed, class Axis>
__device__ inline int source_of(int output, int k, int pad, int extent) {
  if constexpr (transposed) {
    const int shifted = output + pad - k * Axis::dilation;
    if (shifted < 0 or shifted % Axis::stride != 0) return -1;
    const int at = shifted / Axis::stride;
    return at < extent ? at : -1;
  } else {
    const int at = output * Axis::stride - pad + k * Axis::dilation;
    return at < extent ? at : -1;
  }
}

template <bool transposed, bool channels_last, class D, class H, class W, class T, class TW, class Tail>
__device__ inline void conv_direct(const ConvShape<T, TW>& shape, const Tail& tail) {
  using A = Compute<T>;
  const u32 index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= shape.count) return;
  const ImagePlace place = image_place<channels_last, 1>(index, shape.walked);
  const u32 group = place.channel / shape.filters, filter = place.channel % shape.filters;
  constexpr int window = D::kernel * H::kernel * W::kernel;
  // From one input channel's weights to the next's.
  const i64 next_channel = transposed ? static_cast<i64>(shape.filters) * window : window;
  const TW* weights = shape.weight + (transposed ? (static_cast<i64>(group) * shape.channels * shape.filters + filter) * window
                                                 : static_cast<i64>(place.channel) * shape.channels * window);
  const T* from = shape.x + place.batch * shape.strides.stride[0] + static_cast<i64>(group) * shape.channels * shape.strides.stride[1];
  A sum[1] = {A(0)};
  for (int kd = 0; kd < D::kernel; ++kd) {
    const int d = source_of<transposed, D>(place.position[0], kd, shape.pad_begin[0], shape.inputs[0]);
    if (d < 0) continue;
    for (int kh = 0; kh < H::kernel; ++kh) {
      const int h = source_of<transposed, H>(place.position[1], kh, shape.pad_begin[1], shape.inputs[1]);
      if (h < 0) continue;
      for (int kw = 0; kw < W::kernel; ++kw) {
        const int w = source_of<transposed, W>(place.position[2], kw, shape.pad_begin[2], shape.inputs[2]);
        if (w < 0) continue;
        const T* x = from + d * shape.strides.stride[2] + h * shape.strides.stride[3] + w * shape.strides.stride[4];
        const TW* weight = weights + (kd * H::kernel + kh) * W::kernel + kw;
#pragma unroll 4
        for (u32 c = 0; c < shape.channels; ++c)
          sum[0] += static_cast<A>(load_element(x[c * shape.strides.stride[1]])) * static_cast<A>(load_element(weight[c * next_channel]));
      }
    }
  }
  tail.store(place.at, sum);
}
