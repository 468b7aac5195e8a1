// The left operand of a product that a convolution over channels last is: row r holds the channels that the window of output pixel r reads, tap
// by tap. The rows exist nowhere; pieces of eight (or four) channels are copied from the image, zeros for what lies outside of it.
// The image is a type, so that taps are found by multiplications with constants.
#pragma once

#include "mma.cuh"

/// Byte offset of a 16-byte piece in a tile with `columns` halves a row.
template <int columns>
__device__ inline u32 piece_offset(u32 row, u32 piece) {
  static_assert(columns >= 32);
  if constexpr (columns >= 64) return row * columns * 2 + ((piece ^ (row & 7)) << 4);
  else return row * columns * 2 + ((piece ^ ((row >> 1) & 3)) << 4);
}

/// One spatial axis: output o reads inputs o * stride - pad + tap * dilation.
template <int input_, int output_, int taps_, int stride_, int dilation_, int pad_>
struct ConvAxis {
  static constexpr int input = input_, output = output_, taps = taps_, stride = stride_, dilation = dilation_, pad = pad_;
};

template <int channels_, class Rows_, class Columns_>
struct ConvImage {
  static constexpr int channels = channels_;
  using Rows = Rows_;
  using Columns = Columns_;
};

template <class T, class Image, int rows, int columns, int threads>
struct ImageCopies {
  using R = typename Image::Rows;
  using C = typename Image::Columns;
  static constexpr int each = Image::channels % 8 == 0 ? 8 : 4;  // elements of a piece
  static constexpr bool overlaps = R::taps * C::taps > 1;        // windows read what others read
  static constexpr int pieces = columns / each, row_step = threads / pieces, count = rows / row_step;
  static_assert(threads % pieces == 0 and rows % row_step == 0 and count >= 1 and count <= 32);
  static_assert(Image::channels % each == 0 and R::input < 32768 and C::input < 32768);

  const T* image;
  u32 row, piece;
  i32 k;              // of this thread's piece in the next tile
  i32 corner[count];  // the element under the window's first tap, which may lie outside
  i32 top[count], left[count];

  /// `first`: the tile's first pixel; `pixels`: how many there are in all; `from`: where along k the tiles begin.
  __device__ ImageCopies(const T* data, u32 first, u32 pixels, u32 from)
      : image(data), row(threadIdx.x / pieces), piece(threadIdx.x % pieces), k(static_cast<i32>(from + piece * each)) {
#pragma unroll
    for (int i = 0; i < count; ++i) {
      const u32 pixel = first + row + i * row_step;
      constexpr u32 all = R::output * C::output;
      const u32 at = pixel / all, within = pixel - at * all, y = within / C::output, x = within - y * C::output;
      // Rows that do not exist lie outside the image.
      top[i] = pixel < pixels ? static_cast<i32>(y) * R::stride - R::pad : -32768;
      left[i] = static_cast<i32>(x) * C::stride - C::pad;
      corner[i] = ((static_cast<i32>(at) * R::input + static_cast<i32>(y) * R::stride - R::pad) * C::input + left[i]) * Image::channels;
    }
  }

  /// `remaining`: elements along k.
  __device__ void copy(u32 tile, i32 remaining) {
    const i32 tap = k / Image::channels, down = tap / C::taps, across = tap - down * C::taps;
    const i32 y = down * R::dilation, x = across * C::dilation;
    const i32 offset = (y * C::input + x) * Image::channels + (k - tap * Image::channels);
    const bool there = static_cast<i32>(piece * each) < remaining and tap < R::taps * C::taps;
#pragma unroll
    for (int i = 0; i < count; ++i) {
      const bool exists = there and static_cast<u32>(top[i] + y) < R::input and static_cast<u32>(left[i] + x) < C::input;
      const u32 to = tile + piece_offset<columns>(row + i * row_step, piece * each / 8) + piece * each % 8 * 2;
      copy_async<each * 2, overlaps>(to, exists ? image + (corner[i] + offset) : image, exists);
    }
    k += columns;
  }
};
