// Attention of halves on tensor cores: a warp holds 16 query rows and their results in fragments, and walks over tiles of keys and values
// in shared memory. Scores never leave registers: as they come out of one product they go into the next. Where there are few rows, groups of
// warps share the keys and merge their results at the end.
#pragma once

#include "attention.cuh"
#include "mma.cuh"

/// Two floats as halves in one word, the first in the low part.
template <class T>
__device__ inline u32 paired(float low, float high) {
  return static_cast<u32>(store_element<T>(low).bits) | static_cast<u32>(store_element<T>(high).bits) << 16;
}

/// `depth` and `width` are multiples of 16, `keys` (of one group's tile) too. `row_warps` warps of a group share its keys.
template <int depth_, int width_, int row_warps_, int keys_, int groups_>
struct MatrixAttentionTile {
  static constexpr int depth = depth_, width = width_, row_warps = row_warps_, keys = keys_, groups = groups_;
  static constexpr int threads = 32 * row_warps * groups, rows = 16 * row_warps, all_keys = keys * groups;
  static constexpr int depth_stride = depth + 8, width_stride = width + 8;  // halves: rows start in different banks
  static constexpr int merged_stride = width + 8;                           // floats
};

/// Rows of `columns` halves, neighbours in memory, on their way into shared memory; rows from `end` on become 0. `row_at` says where a row
/// begins.
template <int columns, int stride, int count, int threads, class T, class RowAt>
__device__ inline void copy_half_rows(const RowAt& row_at, u32 first, u32 end, T* to) {
  constexpr int runs = columns / 8;
#pragma unroll 4
  for (int i = threadIdx.x; i < count * runs; i += threads) {
    const int row = i / runs, column = i % runs * 8;
    const bool inside = first + row < end;
    copy_async(shared_address(to + row * stride + column), row_at(inside ? first + row : 0) + column, inside);
  }
}

/// One warp's rows: what its fragments hold. Lanes hold two rows, eight apart.
template <class Tile, class T>
struct AttentionRows {
  static constexpr int key_groups = Tile::keys / 8, width_groups = Tile::width / 8;
  u32 query[Tile::depth / 16][4];
  float score[key_groups][4];
  float result[width_groups][4] = {};
  float top[2] = {-infinity(), -infinity()}, sum[2] = {0, 0};
  u32 row[2];

  __device__ inline explicit AttentionRows(u32 first_row) : row{first_row + threadIdx.x % 32 / 4, first_row + threadIdx.x % 32 / 4 + 8} {}

  __device__ inline void load_queries(const T* queries) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int d = 0; d < Tile::depth / 16; ++d)
      load_matrices(query[d], shared_address(queries + lane % 16 * Tile::depth_stride + d * 16 + lane / 16 * 8));
  }

  __device__ inline void multiply_keys(const T* keys) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int k = 0; k < key_groups; ++k)
#pragma unroll
      for (int i = 0; i < 4; ++i) score[k][i] = 0;
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
  }

  /// Scores of the keys from `first` on become weights. `seen(row, column)` says which count, `scaled(product, row, column)` their size.
  template <class Seen, class Scaled>
  __device__ inline void weigh(u32 first, const Seen& seen, const Scaled& scaled) {
    float best[2] = {top[0], top[1]};
#pragma unroll
    for (int k = 0; k < key_groups; ++k)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const u32 column = first + k * 8 + threadIdx.x % 4 * 2 + i % 2;
        float x = -infinity();
        if (seen(row[i / 2], column)) x = scaled(score[k][i], row[i / 2], column);
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
  }

  __device__ inline void add_values(const T* values) {
    const int lane = threadIdx.x % 32;
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

  __device__ inline void add_up_sums() {
#pragma unroll
    for (int half = 0; half < 2; ++half)
#pragma unroll
      for (int distance = 1; distance < 4; distance *= 2) sum[half] += __shfl_xor_sync(0xffffffffu, sum[half], distance);
  }
};

/// What groups found about the same rows: weights relative to a maximum of each group's own.
template <class Tile, class T, class Problem>
__device__ inline void merge_groups(const Problem& problem, u32 first_row, const AttentionRows<Tile, T>& mine, float* memory) {
  struct alignas(8) Pair {
    float x, y;
  };
  float* const tops = memory;  // by group and row
  float* const sums = tops + Tile::groups * Tile::rows;
  float* const results = sums + Tile::groups * Tile::rows;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;  // warps of a group are neighbours, so this counts groups and rows
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int place = warp * 16 + lane / 4 + half * 8;
    if (lane % 4 == 0) tops[place] = mine.top[half], sums[place] = mine.sum[half];
#pragma unroll
    for (int e = 0; e < Tile::width / 8; ++e)
      *reinterpret_cast<Pair*>(results + place * Tile::merged_stride + e * 8 + lane % 4 * 2) =
          Pair{mine.result[e][2 * half], mine.result[e][2 * half + 1]};
  }
  __syncthreads();
  constexpr int pairs = Tile::width / 2;
  for (int i = threadIdx.x; i < Tile::rows * pairs; i += Tile::threads) {
    const int row = i / pairs, column = i % pairs * 2;
    if (first_row + row >= problem.rows()) break;
    float best = -infinity();
#pragma unroll
    for (int group = 0; group < Tile::groups; ++group) best = fmaxf(best, tops[group * Tile::rows + row]);
    float out[2] = {0, 0}, sum = 0;
#pragma unroll
    for (int group = 0; group < Tile::groups; ++group) {
      const int place = group * Tile::rows + row;
      const float share = tops[place] == -infinity() ? 0.0f : __expf(tops[place] - best);
      const Pair result = *reinterpret_cast<const Pair*>(results + place * Tile::merged_stride + column);
      sum += share * sums[place];
      out[0] += share * result.x;
      out[1] += share * result.y;
    }
    out[0] /= sum;
    out[1] /= sum;
    problem.store(first_row + row, column, out);
  }
}

/// The problem says how many rows and columns there are, where rows of operands begin, what a score becomes under the mask, and takes pairs
/// of neighbouring results.
template <class Tile, bool causal, class T, class Problem>
__device__ inline void matrix_attention(const Problem& problem, u32 first_row) {
  extern __shared__ float memory[];
  T* const queries = reinterpret_cast<T*>(memory);
  T* const keys = queries + Tile::rows * Tile::depth_stride;
  T* const values = keys + Tile::all_keys * Tile::depth_stride;
  const u32 columns = causal ? min(problem.columns(), first_row + Tile::rows) : problem.columns();
  const auto copy_keys = [&](u32 first) {
    copy_half_rows<Tile::depth, Tile::depth_stride, Tile::all_keys, Tile::threads>([&](u32 i) { return problem.key(i); }, first, columns,
                                                                                   keys);
    end_copies();
  };
  const auto copy_values = [&](u32 first) {
    copy_half_rows<Tile::width, Tile::width_stride, Tile::all_keys, Tile::threads>([&](u32 i) { return problem.value(i); }, first, columns,
                                                                                   values);
    end_copies();
  };
  copy_half_rows<Tile::depth, Tile::depth_stride, Tile::rows, Tile::threads>([&](u32 i) { return problem.query(i); }, first_row,
                                                                             problem.rows(), queries);
  copy_keys(0);
  copy_values(0);
  const u32 warp = threadIdx.x / 32, group = warp / Tile::row_warps, warp_row = warp % Tile::row_warps * 16;
  AttentionRows<Tile, T> mine(first_row + warp_row);
  for (u32 first = 0; first < columns; first += Tile::all_keys) {
    wait_for_copies<1>();  // the values may still be on their way
    __syncthreads();
    const u32 own = first + group * Tile::keys;
    if (first == 0) mine.load_queries(queries + warp_row * Tile::depth_stride);
    if (own < columns) mine.multiply_keys(keys + group * Tile::keys * Tile::depth_stride);
    wait_for_copies<0>();
    __syncthreads();  // the values are there, and all have left the keys
    const u32 next = first + Tile::all_keys;
    if (next < columns) copy_keys(next);
    if (own < columns) {
      const auto scaled = [&](float product, u32 row, u32 column) { return problem.score(product, row, column); };
      // Rows that do not exist have queries of zeros; nobody stores what comes of them.
      if constexpr (causal or Problem::is_masked) {
        const u32 rows = problem.rows();
        mine.weigh(own, [&](u32 row, u32 column) { return column < columns and row < rows and (not causal or column <= row); }, scaled);
      } else if (own + Tile::keys > columns) {
        mine.weigh(own, [&](u32, u32 column) { return column < columns; }, scaled);
      } else {
        mine.weigh(own, [](u32, u32) { return true; }, scaled);
      }
      mine.add_values(values + group * Tile::keys * Tile::width_stride);
    }
    if (next < columns) {
      __syncthreads();  // all have left the values
      copy_values(next);
    }
  }
  mine.add_up_sums();
  if constexpr (Tile::groups > 1) {
    __syncthreads();  // operands make place
    merge_groups(problem, first_row, mine, memory);
  } else {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      if (mine.row[half] >= problem.rows()) continue;
#pragma unroll
      for (int e = 0; e < Tile::width / 8; ++e) {
        const float out[2] = {mine.result[e][2 * half] / mine.sum[half], mine.result[e][2 * half + 1] / mine.sum[half]};
        problem.store(mine.row[half], e * 8 + lane % 4 * 2, out);
      }
    }
  }
}
