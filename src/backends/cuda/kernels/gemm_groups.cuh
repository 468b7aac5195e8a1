// Matrix products by groups of four warps (compute capability 9.0): a group multiplies 64 rows by all columns of the tile straight from shared
// memory, while copies of later tiles run beside it. Both operands lie along k; a tile's rows are 128 bytes.
// The generated source brings `multiply_add_group`, one instruction for the tile's columns.
#pragma once

#include "gemm.cuh"

template <class Tile, int width, int row_axes, class Tail>
__device__ inline void gemm_by_groups(const GemmShape& shape, const Extents<row_axes>& rows, const typename Tile::T* left,
                                      const typename Tile::T* right, const Tail& tail) {
  static_assert(Tile::k == 64 and Tile::right_k_inner and Tile::m == 16 * Tile::warps_m and Tile::warps_n == 1 and Tile::stages >= 3);
  extern __shared__ __align__(1024) u8 shared[];
  // A stage is filled again two tiles later: one group may still multiply the tile before the one that all have reached.
  constexpr int steps = Tile::k / 16, ahead = Tile::stages - 2;
  const GemmPlace<Tile> place(shape);
  GemmCopies<Tile> copies(shape, place, left, right, shared_address(shared));
  copies.template begin<ahead>();
  const u32 group = threadIdx.x / 128;
  typename Tile::Sum sums[1][Tile::n / 8][4] = {};
  u32 stage = 0, next = ahead;
  for (u32 tile = 0; tile < place.count; ++tile) {
    wait_for_copies<ahead - 1>();
    fence_for_group_products();
    __syncthreads();
    begin_group_products();
    const u32 left_rows = copies.left_tile(stage) + group * 64 * Tile::k * 2;
#pragma unroll
    for (int step = 0; step < steps; ++step)
      multiply_add_group(sums[0], group_operand(left_rows + step * 32), group_operand(copies.right_tile(stage) + step * 32));
    end_group_products();
    copies.copy_right(next);
    copies.copy_left(next);
    end_copies();
    wait_for_group_products<1>();
    stage = stage + 1 == Tile::stages ? 0 : stage + 1;
    next = next + 1 == Tile::stages ? 0 : next + 1;
  }
  wait_for_group_products<0>();
  wait_for_copies<0>();
  __syncthreads();
  float* tile = reinterpret_cast<float*>(shared);
  keep_sums<Tile>(tile, threadIdx.x / 32 * 16, 0, sums);
  finish<Tile, width>(shape, place, rows, tile, tail);
}
