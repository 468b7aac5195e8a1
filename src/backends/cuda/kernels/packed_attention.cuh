// Attention over packed queries, keys and values: a problem for the kernels of attention.cuh and attention_tiles.cuh whose rows are the tokens
// of one window of one image. The image is a type, so that finding a token's place costs a few instructions.
#pragma once

#include "attention_tiles.cuh"

/// One spatial axis: how long it is, how long windows are, and how far they are rolled.
template <int extent_, int window_, int shift_>
struct TokenAxis {
  static constexpr int extent = extent_, window = window_, shift = shift_, count = extent_ / window_;

  static __device__ inline constexpr int place(int at_window, int at) {
    const int place = at_window * window + at + shift;
    return shift > 0 and place >= extent ? place - extent : place;
  }
};

template <int heads_, int depth_, class Rows_, class Columns_>
struct TokenImage {
  static constexpr int heads = heads_, depth = depth_, width = heads_ * depth_;
  using Rows = Rows_;
  using Columns = Columns_;
  static constexpr int windows = Rows::count * Columns::count, tokens = Rows::window * Columns::window;
  static constexpr int all = Rows::extent * Columns::extent;
};

/// Strides of a mask over groups of windows, heads, queries and keys; 0 where it repeats.
template <u32 groups_, int group_, int head_, int row_, int column_>
struct TokenMask {
  static constexpr u32 groups = groups_;
  static constexpr int group = group_, head = head_, row = row_, column = column_;
};

template <class Image, class MaskStrides, bool masked, class T, class Mask>
struct PackedHead {
  static constexpr bool is_masked = masked;
  const T* packed;  // the queries of this head in the image's first token
  T* out;
  const Mask* mask;
  int window_row, window_column;
  float scale;

  __device__ inline PackedHead(const T* data, const Mask* mask_data, T* result, float scale, u32 index) : scale(scale) {
    const u32 head = index % Image::heads, group = index / Image::heads, image = group / Image::windows;
    const int window = static_cast<int>(group - image * Image::windows);
    window_row = window / Image::Columns::count;
    window_column = window - window_row * Image::Columns::count;
    const i64 first = static_cast<i64>(image) * Image::all * Image::width;
    packed = data + 3 * first + head * Image::depth;
    out = result + first + head * Image::depth;
    mask = masked ? mask_data + static_cast<i64>(group % MaskStrides::groups) * MaskStrides::group + head * MaskStrides::head : mask_data;
  }
  static __device__ inline constexpr u32 rows() { return Image::tokens; }
  static __device__ inline constexpr u32 columns() { return Image::tokens; }
  __device__ inline int place(u32 token) const {
    const int row = static_cast<int>(token) / Image::Columns::window, column = static_cast<int>(token) % Image::Columns::window;
    return Image::Rows::place(window_row, row) * Image::Columns::extent + Image::Columns::place(window_column, column);
  }
  __device__ inline const T* query(u32 row) const { return packed + place(row) * (3 * Image::width); }
  __device__ inline const T* key(u32 row) const { return query(row) + Image::width; }
  __device__ inline const T* value(u32 row) const { return query(row) + 2 * Image::width; }
  static __device__ inline constexpr i64 query_column() { return 1; }
  static __device__ inline constexpr i64 key_column() { return 1; }
  static __device__ inline constexpr i64 value_column() { return 1; }
  static __device__ inline constexpr bool key_rows_fastest() { return false; }
  __device__ inline float score(float product, u32 row, u32 column) const {
    return masked_score<masked>(product * scale, mask, static_cast<i64>(row) * MaskStrides::row + column * MaskStrides::column);
  }
  template <int together>
  __device__ inline void store(u32 row, u32 column, const float (&values)[together]) const {
    Vec<T, together> run;
#pragma unroll
    for (int i = 0; i < together; ++i) run.at[i] = store_element<T>(values[i]);
    store_vector(out + place(row) * Image::width + column, run);
  }
};
