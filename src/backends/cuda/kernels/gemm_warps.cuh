// Matrix products by single warps: each multiplies fragments that it loads from shared memory. Runs on every generation that Burnish knows,
// and suits small tiles.
#pragma once

#include "gemm.cuh"

/// Fragments of one step of 16 along k.
template <class Tile>
struct WarpFragments {
  static constexpr int rows = Tile::m / Tile::warps_m / 16, columns = Tile::n / Tile::warps_n / 8;
  static_assert(rows >= 1 and columns >= 2 and columns % 2 == 0);
  u32 left[rows][4];
  u32 right[columns / 2][4];

  __device__ void load(u32 left_tile, u32 right_tile, u32 step, u32 first_row, u32 first_column) {
    const u32 lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < rows; ++i)
      load_matrices(left[i], left_tile + piece_offset<Tile::k>(first_row + i * 16 + lane % 16, step * 2 + lane / 16));
#pragma unroll
    for (int j = 0; j < columns / 2; ++j) {
      const u32 column = first_column + j * 16;
      if constexpr (Tile::right_k_inner)
        load_matrices(right[j], right_tile + piece_offset<Tile::k>(column + lane % 8 + lane / 16 * 8, step * 2 + lane / 8 % 2));
      else load_transposed(right[j], right_tile + piece_offset<Tile::n>(step * 16 + lane % 16, column / 8 + lane / 16));
    }
  }
};

template <class Tile, int width, int row_axes, class Tail>
__device__ inline void gemm_by_warps(const GemmShape& shape, const Extents<row_axes>& rows, const typename Tile::T* left,
                                     const typename Tile::T* right, const Tail& tail) {
  extern __shared__ __align__(1024) u8 shared[];
  using Fragments = WarpFragments<Tile>;
  constexpr int steps = Tile::k / 16, ahead = Tile::stages - 1;
  static_assert(not Tile::resident);
  const GemmPlace<Tile> place(shape);
  const auto kept = keep_columns<Tile, width, row_axes>(shape, place, tail);
  GemmCopies<Tile> copies(shape, place, left, right, shared_address(shared));
  copies.template begin<ahead>();
  const u32 warp = threadIdx.x / 32;
  const u32 first_row = warp / Tile::warps_n * (Fragments::rows * 16), first_column = warp % Tile::warps_n * (Fragments::columns * 8);
  typename Tile::Sum sums[Fragments::rows][Fragments::columns][4] = {};
  u32 stage = 0, next = ahead;
  for (u32 tile = 0; tile < place.count; ++tile) {
    wait_for_copies<ahead - 1>();
    __syncthreads();  // the tile is there for all, and all have left the one before, whose stage is filled again
    copies.copy_right(next);
    copies.copy_left(next);
    end_copies();
    Fragments fragments[2];
    fragments[0].load(copies.left_tile(stage), copies.right_tile(stage), 0, first_row, first_column);
#pragma unroll
    for (int step = 0; step < steps; ++step) {
      if (step + 1 < steps)
        fragments[(step + 1) % 2].load(copies.left_tile(stage), copies.right_tile(stage), step + 1, first_row, first_column);
      const Fragments& now = fragments[step % 2];
#pragma unroll
      for (int i = 0; i < Fragments::rows; ++i)
#pragma unroll
        for (int j = 0; j < Fragments::columns; ++j)
          multiply_add<typename Tile::T>(sums[i][j], now.left[i], now.right[j / 2][j % 2 * 2], now.right[j / 2][j % 2 * 2 + 1]);
    }
    stage = stage + 1 == Tile::stages ? 0 : stage + 1;
    next = next + 1 == Tile::stages ? 0 : next + 1;
  }
  wait_for_copies<0>();
  __syncthreads();  // the stages become the tile of sums
  float* tile = reinterpret_cast<float*>(shared);
  keep_sums<Tile>(tile, first_row, first_column, sums);
  finish<Tile, width>(shape, place, rows, tile, tail, kept);
}
