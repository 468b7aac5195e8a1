// Matrix products by groups of four warps (compute capability 9.0): a group multiplies 64 rows by all columns of the tile straight from shared
// memory, while copies of later tiles run beside it. Both operands lie along k; a tile's rows are 128 bytes.
// The generated source brings `multiply_add_group`, one instruction for the tile's columns.
#pragma once

#include "gemm.cuh"

/// sums += the tile in a stage.
template <class Tile>
__device__ inline void multiply_stage(const GemmCopies<Tile>& copies, u32 stage, typename Tile::Sum (&sums)[Tile::n / 8][4]) {
  fence_for_group_products();
  __syncthreads();
  hold_sums(sums);
  begin_group_products();
  const u32 left_rows = copies.left_tile(stage) + threadIdx.x / 128 * 64 * Tile::k * 2;
#pragma unroll
  for (int step = 0; step < Tile::k / 16; ++step)
    multiply_add_group(sums, group_operand(left_rows + step * 32), group_operand(copies.right_tile(stage) + step * 32));
  end_group_products();
}

/// A stage is filled again two tiles later: one group may still multiply the tile before the one that all have reached.
template <class Tile>
__device__ inline void multiply_by_ring(GemmCopies<Tile>& copies, u32 tiles, typename Tile::Sum (&sums)[Tile::n / 8][4]) {
  static_assert(Tile::stages >= 3);
  constexpr int ahead = Tile::stages - 2;
  copies.template begin<ahead>();
  u32 stage = 0, next = ahead;
  for (u32 tile = 0; tile < tiles; ++tile) {
    wait_for_copies<ahead - 1>();
    multiply_stage(copies, stage, sums);
    copies.copy_right(next);
    copies.copy_left(next);
    end_copies();
    wait_for_group_products<1>();
    hold_sums(sums);
    stage = stage + 1 == Tile::stages ? 0 : stage + 1;
    next = next + 1 == Tile::stages ? 0 : next + 1;
  }
}

/// Everything was asked for at once, and no stage is filled again. Tiles that the block's part of k has not are zeros.
template <class Tile, int stage = 0>
__device__ inline void multiply_residents(const GemmCopies<Tile>& copies, typename Tile::Sum (&sums)[Tile::n / 8][4]) {
  if constexpr (stage < Tile::stages) {
    wait_for_copies<Tile::stages - 1 - stage>();
    multiply_stage(copies, stage, sums);
    multiply_residents<Tile, stage + 1>(copies, sums);
  }
}

template <class Tile, int width, int row_axes, class Tail>
__device__ inline void gemm_by_groups(const GemmShape& shape, const Extents<row_axes>& rows, const typename Tile::T* left,
                                      const typename Tile::T* right, const Tail& tail) {
  static_assert(Tile::k == 64 and Tile::right_k_inner and Tile::m == 16 * Tile::warps_m and Tile::warps_n == 1);
  extern __shared__ __align__(1024) u8 shared[];
  const GemmPlace<Tile> place(shape);
  const auto kept = keep_columns<Tile, width, row_axes>(shape, place, tail);
  GemmCopies<Tile> copies(shape, place, left, right, shared_address(shared));
  typename Tile::Sum sums[1][Tile::n / 8][4] = {};
  if constexpr (Tile::resident) {
    copies.template begin<Tile::stages>();
    multiply_residents<Tile>(copies, sums[0]);
  } else {
    multiply_by_ring(copies, place.count, sums[0]);
  }
  wait_for_group_products<0>();
  hold_sums(sums[0]);
  wait_for_copies<0>();
  __syncthreads();
  float* tile = reinterpret_cast<float*>(shared);
  keep_sums<Tile>(tile, threadIdx.x / 32 * 16, 0, sums);
  finish<Tile, width>(shape, place, rows, tile, tail, kept);
}
