// Depthwise convolution over images whose channels lie last, or plane by plane with one channel to a thread: each thread computes a small tile
// of output pixels for a few neighbouring channels, so that every row it reads serves several outputs, with its channels' weights in registers.
// The image is a type, so that addresses are constants behind one pointer, and only what may lie outside is tested.
#pragma once

#include "halves.cuh"
#include "windows.cuh"

/// `channels` to a thread, a tile of `rows` by `columns` output pixels; a block is `across` by `wide` by `high` such threads: groups of
/// channels fastest, then tiles along a row, then rows of tiles.
template <int channels_, int rows_, int columns_, int across_, int wide_, int high_>
struct DepthwiseTile {
  static constexpr int channels = channels_, rows = rows_, columns = columns_, across = across_, wide = wide_, high = high_;
  static constexpr int threads = across * wide * high;
};

/// One axis of the image under a window.
template <int input_, int output_, int pad_, class Window>
struct ImageAxis {
  static constexpr int input = input_, output = output_, pad = pad_;
  static constexpr int kernel = Window::kernel, stride = Window::stride, dilation = Window::dilation;

  /// Inputs that `tile` outputs reach over.
  static __device__ inline constexpr int reach(int tile) { return (tile - 1) * stride + (kernel - 1) * dilation + 1; }
  /// Whether the input at a place of that reach serves any output of the tile.
  static __device__ inline constexpr bool serves(int tile, int at) {
    for (int t = 0; t < tile; ++t)
      for (int k = 0; k < kernel; ++k)
        if (t * stride + k * dilation == at) return true;
    return false;
  }
  /// Whether that place lies before or behind the image for some tile.
  static __device__ inline constexpr bool may_precede(int at) { return at < pad; }
  static __device__ inline constexpr bool may_follow(int tile, int at) { return (output - 1) / tile * tile * stride - pad + at >= input; }
  static __device__ inline constexpr bool whole_tiles(int tile) { return output % tile == 0; }
};

template <int channels_, class H, class W, bool channels_last_>
struct DepthwiseImage {
  static constexpr int channels = channels_;
  static constexpr bool channels_last = channels_last_;
  static constexpr int column = channels_last ? channels : 1;
  static constexpr int row = W::input * column;
  static constexpr int channel = channels_last ? 1 : H::input * W::input;
  static constexpr i64 batch = static_cast<i64>(channels) * H::input * W::input;
  using Height = H;
  using Width = W;
};

template <class Tile, class Image, class T, class Weight, class Tail>
__device__ inline void depthwise(const T* x, const Weight* weights, const Tail& tail) {
  using H = typename Image::Height;
  using W = typename Image::Width;
  constexpr int n = Tile::channels, in_rows = H::reach(Tile::rows), in_columns = W::reach(Tile::columns);
  constexpr int blocks_wide = (W::output + Tile::wide * Tile::columns - 1) / (Tile::wide * Tile::columns);
  const int channel = (static_cast<int>(blockIdx.y) * Tile::across + static_cast<int>(threadIdx.x) % Tile::across) * n;
  const int tile = static_cast<int>(threadIdx.x) / Tile::across;
  const int row_block = static_cast<int>(blockIdx.x) / blocks_wide, column_block = static_cast<int>(blockIdx.x) % blocks_wide;
  const int first_row = (row_block * Tile::high + tile / Tile::wide) * Tile::rows;
  const int first_column = (column_block * Tile::wide + tile % Tile::wide) * Tile::columns;
  const bool inside = channel < Image::channels and first_row < H::output and first_column < W::output;

  float weight[H::kernel][W::kernel][n];
  const Weight* const own_weights = weights + (inside ? channel : 0);
#pragma unroll
  for (int kh = 0; kh < H::kernel; ++kh)
#pragma unroll
    for (int kw = 0; kw < W::kernel; ++kw) {
      Run<Weight, n> run;
      run.load(own_weights + (kh * W::kernel + kw) * Image::channels);
      run.unpack(weight[kh][kw]);
    }
  release_next();
  wait_for_inputs();
  if (not inside) return;

  float sum[Tile::rows][Tile::columns][n] = {};
  const int top = first_row * H::stride - H::pad, left = first_column * W::stride - W::pad;
  const T* const corner = x + blockIdx.z * Image::batch + (channel * Image::channel + top * Image::row + left * Image::column);
#pragma unroll
  for (int in_row = 0; in_row < in_rows; ++in_row) {
    if (not H::serves(Tile::rows, in_row)) continue;
    const bool row_inside =
        (not H::may_precede(in_row) or top + in_row >= 0) and (not H::may_follow(Tile::rows, in_row) or top + in_row < H::input);
    float row[in_columns][n];
#pragma unroll
    for (int in_column = 0; in_column < in_columns; ++in_column) {
      if (not W::serves(Tile::columns, in_column)) continue;
      const bool column_inside = (not W::may_precede(in_column) or left + in_column >= 0) and
                                 (not W::may_follow(Tile::columns, in_column) or left + in_column < W::input);
      Run<T, n> run;
      if (row_inside and column_inside) run.load(corner + (in_row * Image::row + in_column * Image::column));
      run.unpack(row[in_column]);
    }
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
    if (not H::whole_tiles(Tile::rows) and first_row + t >= H::output) continue;
#pragma unroll
    for (int s = 0; s < Tile::columns; ++s) {
      if (not W::whole_tiles(Tile::columns) and first_column + s >= W::output) continue;
      const u32 y = first_row + t, z = first_column + s, c = channel;
      const u32 last[5] = {blockIdx.z, 0, y, z, c}, plain[5] = {blockIdx.z, c, 0, y, z};
      tail.store(Image::channels_last ? last : plain, sum[t][s]);
    }
  }
}
