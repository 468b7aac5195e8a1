// Copies between two tensors of which one holds the rows and the other the columns of many matrices contiguously: a tile at a time through
// shared memory, so that both sides move whole runs. Transposes and changes between NCHW and NHWC are made of it; it may convert on the way.
#pragma once

#include "strided.cuh"

/// Matrices of `rows` x `columns`: columns lie side by side in the source, rows in the target.
template <int rank>
struct Matrices {
  u32 rows, columns;
  i64 row_stride;     // in the source
  i64 column_stride;  // in the target
  Extents<rank> count;
  Strides<rank> from, to;
  u32 tiles;
};

/// One tile: `read` and `write` neighbours move as one on either side. `convert(From) -> To`.
template <int tile_rows, int tile_columns, int read, int write, class From, class To, int rank, class Convert>
__device__ inline void copy_tiles(const From* __restrict__ from, To* __restrict__ to, const Matrices<rank>& m, Convert convert) {
  constexpr int pad = sizeof(To) >= 4 ? 1 : 4 / sizeof(To);
  __shared__ To tile[tile_columns][tile_rows + pad];
  const u32 across = (m.columns + tile_columns - 1) / tile_columns, down = (m.rows + tile_rows - 1) / tile_rows;
  for (u32 index = blockIdx.x; index < m.tiles; index += gridDim.x) {
    const u32 matrix = index / (across * down), inside = index - matrix * (across * down);
    const u32 row = inside / across * tile_rows, column = inside % across * tile_columns;
    u32 at[rank];
    unravel(matrix, m.count, at);
    const From* source = from + offset_of(at, m.from);
    To* target = to + offset_of(at, m.to);
#pragma unroll
    for (u32 i = threadIdx.x; i < tile_rows * tile_columns / read; i += blockDim.x) {
      const u32 r = i / (tile_columns / read), c = i % (tile_columns / read) * read;
      if (row + r >= m.rows or column + c >= m.columns) continue;
      const auto run = load_vector<From, read>(source + (row + r) * m.row_stride + column + c);
#pragma unroll
      for (int k = 0; k < read; ++k) tile[c + k][r] = convert(run.at[k]);
    }
    __syncthreads();
#pragma unroll
    for (u32 i = threadIdx.x; i < tile_rows * tile_columns / write; i += blockDim.x) {
      const u32 c = i / (tile_rows / write), r = i % (tile_rows / write) * write;
      if (row + r >= m.rows or column + c >= m.columns) continue;
      Vec<To, write> run;
#pragma unroll
      for (int k = 0; k < write; ++k) run.at[k] = tile[c][r + k];
      store_vector<To, write>(target + (column + c) * m.column_stride + row + r, run);
    }
    __syncthreads();
  }
}
