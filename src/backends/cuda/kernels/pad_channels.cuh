// Images plane by plane, of any type, to images of halves with channels last and so many zero channels that a pixel is a whole piece of
// 8 or 16 bytes: what the first convolution of a network reads (gemm_image.cuh).
#pragma once

#include "types.cuh"

/// `runs` of `together` neighbouring pixels, so many of them in a plane.
template <int channels, int padded, int together, class From, class T>
__device__ inline void pad_channels(const From* __restrict__ from, T* __restrict__ to, u32 runs, u32 runs_of_plane) {
  constexpr int elements = padded * together, chunk = elements < 8 ? elements : 8;
  for (u32 run = blockIdx.x * blockDim.x + threadIdx.x; run < runs; run += gridDim.x * blockDim.x) {
    const u32 image = run / runs_of_plane, at = run - image * runs_of_plane;
    const From* const plane = from + (static_cast<u64>(image) * channels * runs_of_plane + at) * together;
    Vec<T, chunk> pixels[elements / chunk] = {};
#pragma unroll
    for (int channel = 0; channel < channels; ++channel) {
      const auto values = load_vector<From, together>(plane + static_cast<u64>(channel) * runs_of_plane * together);
#pragma unroll
      for (int i = 0; i < together; ++i) {
        const int place = i * padded + channel;
        pixels[place / chunk].at[place % chunk] = store_element<T>(load_element(values.at[i]));
      }
    }
#pragma unroll
    for (int i = 0; i < elements / chunk; ++i) store_vector(to + static_cast<u64>(run) * elements + i * chunk, pixels[i]);
  }
}
