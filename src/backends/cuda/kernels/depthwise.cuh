// Depthwise convolution over images whose channels lie last (or alone, one channel to a thread): each thread computes a small tile of output
// pixels for a few neighbouring channels, so that every row it reads serves several outputs, with the weights of its channels in registers.
// Everything but extents and pads is a type, so that all loops unroll and accumulators stay in registers.
#pragma once

#include "windows.cuh"

/// `channels` to a thread, a tile of `rows` by `columns` output pixels; a block is `across` by `wide` by `high` such threads: groups of
/// channels fastest, then tiles along a row, then rows of tiles.
template <int channels_, int rows_, int columns_, int across_, int wide_, int high_>
struct DepthwiseTile {
  static constexpr int channels = channels_, rows = rows_, columns = columns_, across = across_, wide = wide_, high = high_;
  static constexpr int threads = across * wide * high;
};

template <class T>
struct DepthwiseShape {
  const T* x;
  const T* weight;                  // [kernel height, kernel width, channels]
  i64 batch, channel, row, column;  // strides of x
  u32 channels, height, width, out_height, out_width;
  int pad_top, pad_left;
  u32 blocks_wide;
};

/// Whether input position `at` of a tile serves any output.
template <class Axis, int tile>
__device__ inline constexpr bool serves(int at) {
  for (int t = 0; t < tile; ++t)
    for (int k = 0; k < Axis::kernel; ++k)
      if (t * Axis::stride + k * Axis::dilation == at) return true;
  return false;
}

template <class Tile, class H, class W, bool channels_last, class T, class Tail>
__device__ inline void depthwise(const DepthwiseShape<T>& shape, const Tail& tail) {
  constexpr int n = Tile::channels;
  constexpr int in_rows = (Tile::rows - 1) * H::stride + (H::kernel - 1) * H::dilation + 1;
  constexpr int in_columns = (Tile::columns - 1) * W::stride + (W::kernel - 1) * W::dilation + 1;
  const u32 channel = (blockIdx.y * Tile::across + threadIdx.x % Tile::across) * n;
  const u32 tile = threadIdx.x / Tile::across;
  const u32 row_block = blockIdx.x / shape.blocks_wide, column_block = blockIdx.x - row_block * shape.blocks_wide;
  const u32 first_row = (row_block * Tile::high + tile / Tile::wide) * Tile::rows;
  const u32 first_column = (column_block * Tile::wide + tile % Tile::wide) * Tile::columns;
  const bool inside = channel < shape.channels and first_row < shape.out_height and first_column < shape.out_width;

  float weight[H::kernel][W::kernel][n];
#pragma unroll
  for (int kh = 0; kh < H::kernel; ++kh)
#pragma unroll
    for (int kw = 0; kw < W::kernel; ++kw) {
      const auto run = load_vector<T, n>(shape.weight + (inside ? static_cast<i64>(kh * W::kernel + kw) * shape.channels + channel : 0));
#pragma unroll
      for (int i = 0; i < n; ++i) weight[kh][kw][i] = load_element(run.at[i]);
    }
  release_next();
  wait_for_inputs();
  if (not inside) return;

  float sum[Tile::rows][Tile::columns][n] = {};
  const int top = static_cast<int>(first_row) * H::stride - shape.pad_top;
  const int left = static_cast<int>(first_column) * W::stride - shape.pad_left;
  const T* image = shape.x + blockIdx.z * shape.batch + channel * shape.channel;
#pragma unroll
  for (int in_row = 0; in_row < in_rows; ++in_row) {
    if (not serves<H, Tile::rows>(in_row)) continue;
    const int y = top + in_row;
    const bool row_inside = y >= 0 and y < static_cast<int>(shape.height);
    Vec<T, n> run[in_columns];
#pragma unroll
    for (int in_column = 0; in_column < in_columns; ++in_column) {
      if (not serves<W, Tile::columns>(in_column)) continue;
      const int x = left + in_column;
      run[in_column] = {};
      if (row_inside and x >= 0 and x < static_cast<int>(shape.width))
        run[in_column] = load_vector<T, n>(image + y * shape.row + x * shape.column);
    }
    float row[in_columns][n];
#pragma unroll
    for (int in_column = 0; in_column < in_columns; ++in_column)
      if (serves<W, Tile::columns>(in_column))
#pragma unroll
        for (int i = 0; i < n; ++i) row[in_column][i] = load_element(run[in_column].at[i]);
#pragma unroll
    for (int t = 0; t < Tile::rows; ++t)
#pragma unroll
      for (int kh = 0; kh < H::kernel; ++kh) {
        if (t * H::stride + kh * H::dilation != in_row) continue;
#pragma unroll
        for (int s = 0; s < Tile::columns; ++s)
#pragma unroll
          for (int kw = 0; kw < W::kernel; ++kw)
#pragma unroll
            for (int i = 0; i < n; ++i) sum[t][s][i] += row[s * W::stride + kw * W::dilation][i] * weight[kh][kw][i];
      }
  }

#pragma unroll
  for (int t = 0; t < Tile::rows; ++t) {
    if (first_row + t >= shape.out_height) continue;
#pragma unroll
    for (int s = 0; s < Tile::columns; ++s) {
      if (first_column + s >= shape.out_width) continue;
      if constexpr (channels_last) {
        const u32 at[5] = {blockIdx.z, 0, first_row + t, first_column + s, channel};
        tail.store(at, sum[t][s]);
      } else {
        const u32 at[5] = {blockIdx.z, channel, 0, first_row + t, first_column + s};
        tail.store(at, sum[t][s]);
      }
    }
  }
}
