// Attention of halves on tensor cores: a warp holds 16 query rows and their results in fragments, a block walks over tiles of keys and values
// in shared memory. Scores never leave registers: as they come out of one product they go into the next.
#pragma once

#include "attention.cuh"
#include "mma.cuh"

/// Two floats as halves in one word, the first in the low part.
template <class T>
__device__ inline u32 paired(float low, float high) {
  return static_cast<u32>(store_element<T>(low).bits) | static_cast<u32>(store_element<T>(high).bits) << 16;
}

/// `depth` and `width` are multiples of 16, `keys` too.
template <int depth_, int width_, int warps_, int keys_>
struct MatrixAttentionTile {
  static constexpr int depth = depth_, width = width_, warps = warps_, keys = keys_;
  static constexpr int threads = 32 * warps, rows = 16 * warps;
  static constexpr int depth_stride = depth + 8, width_stride = width + 8;  // rows start in different banks
  static constexpr int halves = (rows + keys) * depth_stride + keys * width_stride;
};

/// Rows of `columns` halves, neighbours in memory, into shared memory; rows outside are 0. `row_at` says where a row begins.
template <int columns, int stride, int count, int threads, class T, class RowAt>
__device__ inline void load_half_rows(const RowAt& row_at, u32 first, u32 end, T* to) {
  constexpr int runs = columns / 8;
#pragma unroll 4
  for (int i = threadIdx.x; i < count * runs; i += threads) {
    const int row = i / runs, column = i % runs * 8;
    Vec<T, 8> run = {};
    if (first + row < end) run = load_vector<T, 8>(row_at(first + row) + column);
    store_vector(to + row * stride + column, run);
  }
}

/// The problem says how many rows and columns there are, where rows of operands begin, what a score becomes under the mask, and takes pairs
/// of neighbouring results.
template <class Tile, bool causal, class T, class Problem>
__device__ inline void matrix_attention(const Problem& problem, u32 first_row) {
  extern __shared__ float memory[];
  T* const queries = reinterpret_cast<T*>(memory);
  T* const keys = queries + Tile::rows * Tile::depth_stride;
  T* const values = keys + Tile::keys * Tile::depth_stride;
  const int lane = threadIdx.x % 32, warp_row = threadIdx.x / 32 * 16;
  const auto load_tile = [&](u32 first) {
    load_half_rows<Tile::depth, Tile::depth_stride, Tile::keys, Tile::threads>([&](u32 i) { return problem.key(i); }, first,
                                                                               problem.columns(), keys);
    load_half_rows<Tile::width, Tile::width_stride, Tile::keys, Tile::threads>([&](u32 i) { return problem.value(i); }, first,
                                                                               problem.columns(), values);
  };
  load_half_rows<Tile::depth, Tile::depth_stride, Tile::rows, Tile::threads>([&](u32 i) { return problem.query(i); }, first_row,
                                                                             problem.rows(), queries);
  load_tile(0);
  __syncthreads();
  u32 query[Tile::depth / 16][4];
#pragma unroll
  for (int d = 0; d < Tile::depth / 16; ++d)
    load_matrices(query[d], shared_address(queries + (warp_row + lane % 16) * Tile::depth_stride + d * 16 + lane / 16 * 8));

  constexpr int key_groups = Tile::keys / 8, width_groups = Tile::width / 8;
  float result[width_groups][4] = {};
  float top[2] = {-infinity(), -infinity()}, sum[2] = {0, 0};
  const u32 row[2] = {first_row + warp_row + lane / 4, first_row + warp_row + lane / 4 + 8};
  const u32 columns = causal ? min(problem.columns(), first_row + Tile::rows) : problem.columns();
  for (u32 first = 0; first < columns; first += Tile::keys) {
    if (first > 0) {
      __syncthreads();
      load_tile(first);
      __syncthreads();
    }
    float score[key_groups][4] = {};
#pragma unroll
    for (int k = 0; k < key_groups; k += 2)
#pragma unroll
      for (int d = 0; d < Tile::depth / 16; ++d) {
        // Matrices: keys 0-7 and depths 0-7, the same keys and depths 8-15, keys 8-15 and both.
        u32 right[4];
        load_matrices(right, shared_address(keys + (k * 8 + lane / 16 * 8 + lane % 8) * Tile::depth_stride + d * 16 + lane / 8 % 2 * 8));
        multiply_add<T>(score[k], query[d], right[0], right[1]);
        multiply_add<T>(score[k + 1], query[d], right[2], right[3]);
      }
    float best[2] = {top[0], top[1]};
#pragma unroll
    for (int k = 0; k < key_groups; ++k)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const u32 column = first + k * 8 + lane % 4 * 2 + i % 2;
        const bool seen = column < problem.columns() and row[i / 2] < problem.rows() and (not causal or column <= row[i / 2]);
        float x = -infinity();
        if (seen) x = problem.score(score[k][i], row[i / 2], column);
        score[k][i] = x;
        best[i / 2] = fmaxf(best[i / 2], x);
      }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int distance = 1; distance < 4; distance *= 2)
        best[half] = fmaxf(best[half], __shfl_xor_sync(0xffffffffu, best[half], distance));
      const float shrunk = top[half] == -infinity() ? 0.0f : __expf(top[half] - finite_or_zero(best[half]));
      top[half] = best[half];
      sum[half] *= shrunk;
#pragma unroll
      for (int e = 0; e < width_groups; ++e) {
        result[e][2 * half] *= shrunk;
        result[e][2 * half + 1] *= shrunk;
      }
    }
#pragma unroll
    for (int k = 0; k < key_groups; ++k)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        score[k][i] = __expf(score[k][i] - finite_or_zero(top[i / 2]));
        sum[i / 2] += score[k][i];
      }
#pragma unroll
    for (int k = 0; k < key_groups; k += 2) {
      const u32 weight[4] = {paired<T>(score[k][0], score[k][1]), paired<T>(score[k][2], score[k][3]),
                             paired<T>(score[k + 1][0], score[k + 1][1]), paired<T>(score[k + 1][2], score[k + 1][3])};
#pragma unroll
      for (int e = 0; e < width_groups; e += 2) {
        // Matrices: keys 0-7 and 8-15 of columns 0-7, then of columns 8-15.
        u32 right[4];
        load_transposed(right, shared_address(values + (k * 8 + lane % 16) * Tile::width_stride + e * 8 + lane / 16 * 8));
        multiply_add<T>(result[e], weight, right[0], right[1]);
        multiply_add<T>(result[e + 1], weight, right[2], right[3]);
      }
    }
  }
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int distance = 1; distance < 4; distance *= 2) sum[half] += __shfl_xor_sync(0xffffffffu, sum[half], distance);
    if (row[half] >= problem.rows()) continue;
#pragma unroll
    for (int e = 0; e < width_groups; ++e) {
      const float out[2] = {result[e][2 * half] / sum[half], result[e][2 * half + 1] / sum[half]};
      problem.store(row[half], e * 8 + lane % 4 * 2, out);
    }
  }
}
