// Matrix products of halves, or of bytes in pairs, with any epilogue: what the kernels by warps (gemm_warps.cuh) and by groups of warps
// (gemm_groups.cuh) share. Everything is counted in halves: a pair of bytes is one. A block computes one tile of the result. Tiles of the operands arrive in shared memory in a ring of stages;
// their 16-byte pieces are exchanged within rows so that neither copies nor loads collide. Several blocks of a cluster may divide k.
// Generated sources choose the tile and bring the epilogue; k must be a multiple of 8.
#pragma once

#include "gemm_image.cuh"
#include "strided.cuh"

/// As gemm.cpp passes it.
struct GemmShape {
  i64 left_batch[2], right_batch[2];  // elements from one matrix to the next: outer, inner batches
  u32 m, n, k;
  u32 left_leading, right_leading;  // elements
  u32 tiles_m, tiles_n;
  u32 inner_batches;
};

/// `right_k_inner`: the right matrix lies along k, as the left one always does. `right_is_constant`: no kernel writes it.
/// `resident`: the stages hold the block's whole part of k. `Image`: the left operand is a ConvImage instead of a matrix.
template <class T_, int m_, int n_, int k_, int warps_m_, int warps_n_, int stages_, bool resident_, bool right_k_inner_,
          bool right_is_constant_, int splits_, class Image_ = void>
struct GemmTile {
  using T = T_;
  using Sum = typename SumOf<T>::type;
  using Image = Image_;
  static constexpr int m = m_, n = n_, k = k_, warps_m = warps_m_, warps_n = warps_n_, stages = stages_, splits = splits_;
  static constexpr int threads = 32 * warps_m * warps_n;
  static constexpr bool resident = resident_, right_k_inner = right_k_inner_, right_is_constant = right_is_constant_;
  static constexpr u32 left_bytes = m * k * 2, right_bytes = n * k * 2, stage_bytes = left_bytes + right_bytes;
  static constexpr int row_of_sums = n + 8;  // floats; the eight keep stores of fragments from colliding
};

/// Copies one operand's tiles, the next one with each call. Rows go along m or n where the operand lies along k, else along k.
template <class T, int rows, int columns, int threads, bool k_inner>
struct TileCopies {
  static constexpr int pieces = columns / 8, row_step = threads / pieces, count = rows / row_step;
  static_assert(threads % pieces == 0 and rows % row_step == 0 and count >= 1 and count <= 32);

  const T* from;
  i64 step, advance;
  u32 row, piece;
  u32 inside = 0;  // a bit for each row that exists; for operands across k all or none, by the column

  /// `matrix`: the tile's first element at k = 0. `limit`: rows or columns from there on that exist.
  __device__ TileCopies(const T* matrix, u32 leading, u32 limit) : row(threadIdx.x / pieces), piece(threadIdx.x % pieces) {
    from = matrix + static_cast<i64>(row) * leading + piece * 8;
    step = static_cast<i64>(row_step) * leading;
    advance = k_inner ? columns : static_cast<i64>(rows) * leading;
#pragma unroll
    for (int i = 0; i < count; ++i) inside |= static_cast<u32>(k_inner ? row + i * row_step < limit : piece * 8 < limit) << i;
  }

  /// `left`: elements along k that remain.
  __device__ void copy(u32 tile, i32 left) {
#pragma unroll
    for (int i = 0; i < count; ++i) {
      const u32 at = row + i * row_step;
      const bool exists = (inside >> i & 1) != 0 and static_cast<i32>(k_inner ? piece * 8 : at) < left;
      copy_async(tile + piece_offset<columns>(at, piece), exists ? from + i * step : from, exists);
    }
    from += advance;
  }

  /// Brings the next `left` elements of each row into the cache.
  __device__ void prefetch(i32 left) const {
#pragma unroll
    for (int i = 0; i < count; ++i)
      if (piece == 0 and (inside >> i & 1) != 0) prefetch_into_cache(from + i * step, left * sizeof(T));
  }
};

/// The block's place: its tile, its batch, and its part of k in whole tiles.
template <class Tile>
struct GemmPlace {
  u32 row, column;   // of the tile
  u32 batch;         // of all
  u32 first, count;  // tiles along k

  /// Neighbouring blocks take tiles of a few rows, so that they find one another's operands in the cache.
  __device__ explicit GemmPlace(const GemmShape& shape) : batch(blockIdx.z) {
    constexpr u32 rows_together = 8;
    const u32 group = blockIdx.x / (rows_together * shape.tiles_n), within = blockIdx.x - group * rows_together * shape.tiles_n;
    const u32 rows = min(shape.tiles_m - group * rows_together, rows_together);
    row = (group * rows_together + within % rows) * Tile::m;
    column = within / rows * Tile::n;
    const u32 all = (shape.k + Tile::k - 1) / Tile::k, each = (all + Tile::splits - 1) / Tile::splits;
    first = min(blockIdx.y * each, all);
    count = min(first + each, all) - first;
  }
};

template <class Tile, class Image>
struct LeftOperand {
  using type = ImageCopies<typename Tile::T, Image, Tile::m, Tile::k, Tile::threads>;

  static __device__ type copies(const GemmShape& shape, const GemmPlace<Tile>& place, const typename Tile::T* image, i64 /*batch*/) {
    return type(image, place.row, shape.m, place.first * Tile::k);
  }
};
template <class Tile>
struct LeftOperand<Tile, void> {
  using type = TileCopies<typename Tile::T, Tile::m, Tile::k, Tile::threads, true>;

  static __device__ type copies(const GemmShape& shape, const GemmPlace<Tile>& place, const typename Tile::T* matrix, i64 batch) {
    return type(matrix + batch + static_cast<i64>(place.row) * shape.left_leading + place.first * Tile::k, shape.left_leading,
                shape.m - place.row);
  }
};

/// Both operands' copies, from the block's first tile along k on.
template <class Tile>
struct GemmCopies {
  using T = typename Tile::T;
  using Left = LeftOperand<Tile, typename Tile::Image>;
  const GemmShape& shape;
  typename Left::type left;
  TileCopies<T, Tile::right_k_inner ? Tile::n : Tile::k, Tile::right_k_inner ? Tile::k : Tile::n, Tile::threads, Tile::right_k_inner> right;
  u32 shared;
  i32 left_over_left, left_over_right;  // elements along k that remain to be copied

  __device__ GemmCopies(const GemmShape& shape, const GemmPlace<Tile>& place, const T* a, const T* b, u32 shared_base)
      : shape(shape),
        left(Left::copies(shape, place, a, batch_offset(shape, place, shape.left_batch))),
        right(b + batch_offset(shape, place, shape.right_batch) +
                  (Tile::right_k_inner ? static_cast<i64>(place.column) * shape.right_leading + place.first * Tile::k
                                       : static_cast<i64>(place.first) * Tile::k * shape.right_leading + place.column),
              shape.right_leading, shape.n - place.column),
        shared(shared_base) {
    const u32 end = min(shape.k, (place.first + place.count) * Tile::k);
    left_over_left = left_over_right = static_cast<i32>(end) - static_cast<i32>(place.first * Tile::k);
  }

  static __device__ i64 batch_offset(const GemmShape& shape, const GemmPlace<Tile>& place, const i64 (&strides)[2]) {
    const u32 outer = place.batch / shape.inner_batches;
    return outer * strides[0] + (place.batch - outer * shape.inner_batches) * strides[1];
  }

  __device__ u32 left_tile(u32 stage) const { return shared + stage * Tile::stage_bytes; }
  __device__ u32 right_tile(u32 stage) const { return left_tile(stage) + Tile::left_bytes; }
  __device__ void copy_left(u32 stage) {
    left.copy(left_tile(stage), left_over_left);
    left_over_left -= Tile::k;
  }
  __device__ void copy_right(u32 stage) {
    right.copy(right_tile(stage), left_over_right);
    left_over_right -= Tile::k;
  }

  /// The first `ahead` tiles, a group for each. What no kernel writes is asked for before the kernels before this one have ended.
  template <int ahead>
  __device__ void begin() {
    release_next();
    if constexpr (Tile::right_is_constant) {
#pragma unroll
      for (int stage = 0; stage < ahead; ++stage) copy_right(stage);
      // What does not fit comes as near as the cache; with many rows other blocks have asked for it.
      constexpr u32 few = 4;
      if (not Tile::resident and Tile::right_k_inner and shape.tiles_m <= few and left_over_right > 0) right.prefetch(left_over_right);
    }
    wait_for_inputs();
#pragma unroll
    for (int stage = 0; stage < ahead; ++stage) {
      if constexpr (not Tile::right_is_constant) copy_right(stage);
      copy_left(stage);
      end_copies();
    }
  }
};

/// Keeps the sums of a warp's fragments, `rows` of 16 by `columns` of 8, at their place in the block's tile of sums.
template <class Tile, int rows, int columns>
__device__ inline void keep_sums(float* tile, u32 first_row, u32 first_column, const typename Tile::Sum (&sums)[rows][columns][4]) {
  struct alignas(8) Pair {
    float x, y;
  };
  const u32 lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < rows; ++i)
#pragma unroll
    for (int j = 0; j < columns; ++j) {
      float* at = tile + (first_row + i * 16 + lane / 4) * Tile::row_of_sums + first_column + j * 8 + lane % 4 * 2;
      const auto pair = [&](int first) { return Pair{static_cast<float>(sums[i][j][first]), static_cast<float>(sums[i][j][first + 1])}; };
      *reinterpret_cast<Pair*>(at) = pair(0);
      *reinterpret_cast<Pair*>(at + 8 * Tile::row_of_sums) = pair(2);
    }
}

/// Neighbouring sums of the block, or of all blocks of the cluster: asked for together, then added in the order of the blocks.
template <class Tile, int width>
__device__ inline void sum_up(const float* from, float (&sums)[width]) {
  if constexpr (Tile::splits == 1) {
#pragma unroll
    for (int i = 0; i < width; ++i) sums[i] = from[i];
  } else {
    float parts[Tile::splits][width];
#pragma unroll
    for (int rank = 0; rank < Tile::splits; ++rank) load_shared_of_cluster(shared_address_in(shared_address(from), rank), parts[rank]);
#pragma unroll
    for (int i = 0; i < width; ++i) sums[i] = parts[0][i];
#pragma unroll
    for (int rank = 1; rank < Tile::splits; ++rank)
#pragma unroll
      for (int i = 0; i < width; ++i) sums[i] += parts[rank][i];
  }
}

/// How threads walk over the tile's runs of `width` sums: where there are enough of them, each stays in its columns.
template <class Tile, int width>
struct GemmRuns {
  static constexpr u32 in_row = Tile::n / width, all = Tile::m * in_row, threads = Tile::threads * Tile::splits;
  static constexpr bool same_columns = threads >= in_row;
  static constexpr u32 step = same_columns ? threads / in_row * in_row : threads;
  static __device__ u32 first() { return blockIdx.y * Tile::threads + threadIdx.x; }
};

/// What the epilogue needs of the thread's columns and no kernel writes: asked for before anything else, since it comes from afar.
template <class Tile, int width, int row_axes, class Tail>
__device__ inline typename Tail::Kept keep_columns(const GemmShape& shape, const GemmPlace<Tile>& place, const Tail& tail) {
  using Runs = GemmRuns<Tile, width>;
  u32 at[row_axes + 1] = {};
  at[row_axes] = place.column + Runs::first() % Runs::in_row * width;
  if (not Runs::same_columns or at[row_axes] >= shape.n) return {};
  return tail.keep(at);
}

/// Hands runs of `width` sums to the epilogue, row by row, once all threads have kept theirs. Blocks of a cluster add theirs up and divide the
/// tile. `row_axes`: the axes that the result's rows are made of.
template <class Tile, int width, int row_axes, class Tail>
__device__ inline void finish(const GemmShape& shape, const GemmPlace<Tile>& place, const Extents<row_axes>& rows, float* tile,
                              const Tail& tail, const typename Tail::Kept& kept) {
  using Runs = GemmRuns<Tile, width>;
  if constexpr (Tile::splits > 1) cluster_barrier();
  else __syncthreads();
  for (u32 run = Runs::first() < Runs::step ? Runs::first() : Runs::all; run < Runs::all; run += Runs::step) {
    const u32 row = run / Runs::in_row, column = run % Runs::in_row * width;
    if (place.row + row >= shape.m or place.column + column >= shape.n) continue;
    float values[width];
    sum_up<Tile>(tile + row * Tile::row_of_sums + column, values);
    u32 at[row_axes + 1];
    u32(&row_at)[row_axes] = reinterpret_cast<u32(&)[row_axes]>(at);
    unravel(place.batch * shape.m + place.row + row, rows, row_at);
    at[row_axes] = place.column + column;
    if constexpr (Runs::same_columns) tail.store(at, values, kept);
    else tail.store(at, values);
  }
  if constexpr (Tile::splits > 1) cluster_barrier();  // nobody leaves while others read its sums
}
