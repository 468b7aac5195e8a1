// Attention without scores in memory: blocks of query rows walk over tiles of keys and values in shared memory and keep a running maximum
// and sum for each row. This is the kernel in float for any types, depths and layouts; attention_tiles.cuh has the one for halves.
#pragma once

#include "strided.cuh"

/// Strides of one operand: batch axes, rows, columns. Rows of the mask are queries, its columns keys.
template <int batches>
struct AttentionStrides {
  i64 batch[batches];
  i64 row, column;
};

template <class T, class Mask, int batches>
struct AttentionShape {
  const T* query;
  const T* key;
  const T* value;
  const Mask* mask;
  AttentionStrides<batches> query_strides, key_strides, value_strides, mask_strides;
  Extents<batches> batch;
  u32 rows, columns;  // queries, keys
  u32 row_blocks;     // of one batch
  float scale;
};

/// What a score becomes under the mask: an addend, or a condition.
template <bool masked, class Mask>
__device__ inline float masked_score(float score, const Mask* mask, i64 offset) {
  if constexpr (not masked) return score;
  else if constexpr (sizeof(Mask) == 1) return mask[offset] ? score : -infinity();
  else return score + static_cast<float>(load_element(mask[offset]));
}

template <int batches>
__device__ inline i64 batch_offset(const u32 (&at)[batches], const AttentionStrides<batches>& strides) {
  i64 offset = 0;
#pragma unroll
  for (int axis = 0; axis < batches; ++axis) offset += at[axis] * strides.batch[axis];
  return offset;
}

/// What attention asks of one head of strided operands.
template <bool masked, class T, class Mask, int batches, class Tail>
struct StridedHead {
  static constexpr bool is_masked = masked;
  const AttentionShape<T, Mask, batches>& shape;
  const Tail& tail;
  u32 at[batches];
  const T *queries, *keys, *values;
  i64 mask;

  __device__ inline StridedHead(const AttentionShape<T, Mask, batches>& shape, const Tail& tail, u32 head) : shape(shape), tail(tail) {
    unravel(head, shape.batch, at);
    queries = shape.query + batch_offset(at, shape.query_strides);
    keys = shape.key + batch_offset(at, shape.key_strides);
    values = shape.value + batch_offset(at, shape.value_strides);
    mask = masked ? batch_offset(at, shape.mask_strides) : 0;
  }
  __device__ inline u32 rows() const { return shape.rows; }
  __device__ inline u32 columns() const { return shape.columns; }
  __device__ inline const T* query(u32 row) const { return queries + row * shape.query_strides.row; }
  __device__ inline const T* key(u32 row) const { return keys + row * shape.key_strides.row; }
  __device__ inline const T* value(u32 row) const { return values + row * shape.value_strides.row; }
  __device__ inline i64 query_column() const { return shape.query_strides.column; }
  __device__ inline i64 key_column() const { return shape.key_strides.column; }
  __device__ inline i64 value_column() const { return shape.value_strides.column; }
  /// Whether neighbouring rows are neighbours in memory, and not neighbouring columns.
  __device__ inline bool key_rows_fastest() const { return shape.key_strides.column != 1 and shape.key_strides.row == 1; }
  __device__ inline float score(float product, u32 row, u32 column) const {
    return masked_score<masked>(product * shape.scale, shape.mask,
                                mask + row * shape.mask_strides.row + column * shape.mask_strides.column);
  }
  template <int together>
  __device__ inline void store(u32 row, u32 column, const float (&values)[together]) const {
    u32 place[batches + 2];
#pragma unroll
    for (int axis = 0; axis < batches; ++axis) place[axis] = at[axis];
    place[batches] = row;
    place[batches + 1] = column;
    tail.store(place, values);
  }
};

/// The hardware's exponential where results are stored as halves, which hold less.
template <class T>
__device__ inline float attention_exponential(float x) {
  if constexpr (sizeof(T) == 2) return __expf(x);
  else return expf(x);
}

/// What an infinite maximum stands for, so that rows without any key give NaN by their sum and not before.
__device__ inline float finite_or_zero(float x) { return x == -infinity() ? 0.0f : x; }

/// `warp_rows` queries to a warp, tiles of 32 keys, one to a lane; `together` neighbouring results to a lane.
template <int depth_, int width_, int warps_, int warp_rows_, int together_>
struct AttentionTile {
  static constexpr int depth = depth_, width = width_, warps = warps_, warp_rows = warp_rows_, together = together_;
  static constexpr int keys = 32, threads = 32 * warps, rows = warps * warp_rows;
  static constexpr int padded_depth = (depth + 3) / 4 * 4 + 4;  // rows start in different banks
  static constexpr int padded_width = (width + together - 1) / together * together;
  static constexpr int runs = (width + 32 * together - 1) / (32 * together);  // of a lane
  static constexpr int floats = rows * padded_depth + keys * padded_depth + keys * padded_width + rows * keys;
};

/// Rows of a matrix into shared memory, as floats; what lies outside is 0. `row_at` says where a row begins.
template <int columns, int padded, int count, int threads, class RowAt>
__device__ inline void load_rows(const RowAt& row_at, i64 column_stride, bool rows_fastest, u32 first, u32 end, float* to) {
  for (int i = threadIdx.x; i < count * padded; i += threads) {
    const int row = rows_fastest ? i % count : i / padded, column = rows_fastest ? i / count : i % padded;
    const bool inside = first + row < end and column < columns;
    to[row * padded + column] = inside ? static_cast<float>(load_element(row_at(first + row)[column * column_stride])) : 0.0f;
  }
}

/// The problem: see matrix_attention.
template <class Tile, bool causal, class T, class Problem>
__device__ inline void attention(const Problem& problem, u32 first_row) {
  extern __shared__ float memory[];
  float* const queries = memory;
  float* const keys = queries + Tile::rows * Tile::padded_depth;
  float* const values = keys + Tile::keys * Tile::padded_depth;
  float* const weights = values + Tile::keys * Tile::padded_width + threadIdx.x / 32 * Tile::warp_rows * Tile::keys;
  const int lane = threadIdx.x % 32, warp_row = threadIdx.x / 32 * Tile::warp_rows;
  load_rows<Tile::depth, Tile::padded_depth, Tile::rows, Tile::threads>([&](u32 i) { return problem.query(i); }, problem.query_column(),
                                                                        false, first_row, problem.rows(), queries);
  float top[Tile::warp_rows], sum[Tile::warp_rows], result[Tile::warp_rows][Tile::runs][Tile::together] = {};
#pragma unroll
  for (int r = 0; r < Tile::warp_rows; ++r) top[r] = -infinity(), sum[r] = 0;
  const u32 columns = causal ? min(problem.columns(), first_row + Tile::rows) : problem.columns();
  for (u32 first = 0; first < columns; first += Tile::keys) {
    __syncthreads();
    load_rows<Tile::depth, Tile::padded_depth, Tile::keys, Tile::threads>([&](u32 i) { return problem.key(i); }, problem.key_column(),
                                                                          problem.key_rows_fastest(), first, problem.columns(), keys);
    load_rows<Tile::width, Tile::padded_width, Tile::keys, Tile::threads>([&](u32 i) { return problem.value(i); }, problem.value_column(),
                                                                          false, first, problem.columns(), values);
    __syncthreads();
    float score[Tile::warp_rows] = {};
#pragma unroll 4
    for (int d = 0; d < Tile::padded_depth - 4; d += 4) {
      const auto k = load_vector<float, 4>(keys + lane * Tile::padded_depth + d);
#pragma unroll
      for (int r = 0; r < Tile::warp_rows; ++r) {
        const auto q = load_vector<float, 4>(queries + (warp_row + r) * Tile::padded_depth + d);
#pragma unroll
        for (int i = 0; i < 4; ++i) score[r] += q.at[i] * k.at[i];
      }
    }
    const u32 column = first + lane;
#pragma unroll
    for (int r = 0; r < Tile::warp_rows; ++r) {
      const u32 row = first_row + warp_row + r;
      const bool seen = column < problem.columns() and row < problem.rows() and (not causal or column <= row);
      float x = -infinity();
      if (seen) x = problem.score(score[r], row, column);
      float best = x;
#pragma unroll
      for (int distance = 16; distance > 0; distance /= 2) best = fmaxf(best, __shfl_xor_sync(0xffffffffu, best, distance));
      best = fmaxf(best, top[r]);
      const float by = finite_or_zero(best), shrunk = top[r] == -infinity() ? 0.0f : attention_exponential<T>(top[r] - by);
      const float weight = attention_exponential<T>(x - by);
      top[r] = best;
      sum[r] = sum[r] * shrunk + weight;
      weights[r * Tile::keys + lane] = weight;
#pragma unroll
      for (int j = 0; j < Tile::runs; ++j)
#pragma unroll
        for (int i = 0; i < Tile::together; ++i) result[r][j][i] *= shrunk;
    }
    __syncwarp();
#pragma unroll 2
    for (int k = 0; k < Tile::keys; k += 4) {
      Vec<float, 4> weight[Tile::warp_rows];
#pragma unroll
      for (int r = 0; r < Tile::warp_rows; ++r) weight[r] = load_vector<float, 4>(weights + r * Tile::keys + k);
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < Tile::runs; ++j) {
          const int e = (j * 32 + lane) * Tile::together;
          if (e >= Tile::padded_width) continue;
          const auto v = load_vector<float, Tile::together>(values + (k + i) * Tile::padded_width + e);
#pragma unroll
          for (int r = 0; r < Tile::warp_rows; ++r)
#pragma unroll
            for (int n = 0; n < Tile::together; ++n) result[r][j][n] += weight[r].at[i] * v.at[n];
        }
    }
    __syncwarp();
  }
#pragma unroll
  for (int r = 0; r < Tile::warp_rows; ++r) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) sum[r] += __shfl_xor_sync(0xffffffffu, sum[r], distance);
    const u32 row = first_row + warp_row + r;
    if (row >= problem.rows()) continue;
#pragma unroll
    for (int j = 0; j < Tile::runs; ++j) {
      const u32 e = (j * 32 + lane) * Tile::together;
      if (e >= Tile::width) continue;
      float out[Tile::together];
#pragma unroll
      for (int i = 0; i < Tile::together; ++i) out[i] = result[r][j][i] / sum[r];
      problem.store(row, e, out);
    }
  }
}
