// Sorting for TopK: elements become entries whose plain order is the wanted one (better first, then by index; NaN counts as largest), and
// entries are sorted in pieces that fit a block. Small k: the best of every piece go on to the next round. Otherwise pieces are merged.
#pragma once

#include "types.cuh"

/// A float, or an integer of up to 64 bits, as an unsigned number of the same order.
__device__ inline u32 ordered_bits(float x) {
  if (x != x) return 0xffffffffu;
  const u32 bits = __float_as_uint(x == 0.0f ? 0.0f : x);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}
__device__ inline u64 ordered_bits(double x) {
  if (x != x) return ~0ull;
  const u64 bits = static_cast<u64>(__double_as_longlong(x == 0.0 ? 0.0 : x));
  return (bits >> 63) != 0 ? ~bits : bits | 0x8000000000000000ull;
}
__device__ inline u64 ordered_bits(i64 x) { return static_cast<u64>(x) ^ 0x8000000000000000ull; }
__device__ inline u64 ordered_bits(u64 x) { return x; }
__device__ inline u32 ordered_bits(u32 x) { return x; }
__device__ inline u32 ordered_bits(i32 x) { return static_cast<u32>(x) ^ 0x80000000u; }
__device__ inline u32 ordered_bits(i16 x) { return ordered_bits(static_cast<i32>(x)); }
__device__ inline u32 ordered_bits(i8 x) { return ordered_bits(static_cast<i32>(x)); }
__device__ inline u32 ordered_bits(u16 x) { return x; }
__device__ inline u32 ordered_bits(u8 x) { return x; }

template <class Key>
struct Entry {
  Key key;
  u32 index;
  /// Comes after any element.
  static __device__ Entry none() { return {static_cast<Key>(~Key(0)), 0xffffffffu}; }
  __device__ bool operator<(const Entry& other) const { return key < other.key or (key == other.key and index < other.index); }
};

struct Ranking {
  u32 extent, inner;  // of the axis, and what lies inside it
  u32 given;          // entries of a row that a round reads
  u32 pieces;         // blocks for each row
  u32 kept;           // entries that a piece leaves
  u32 k;
};

template <bool largest, class T>
__device__ inline auto entry_of(const T* __restrict__ data, const Ranking& r, u32 row, u32 index) {
  const auto bits = ordered_bits(
      load_element(data[static_cast<u64>(row / r.inner) * r.extent * r.inner + static_cast<u64>(index) * r.inner + row % r.inner]));
  using Key = decltype(bits + 0);
  return Entry<Key>{static_cast<Key>(largest ? ~bits : bits), index};
}
template <bool largest, class T>
using EntryOf = decltype(entry_of<largest>(static_cast<const T*>(nullptr), Ranking(), 0, 0));

/// Sorts `size` entries in shared memory, a power of 2; two for each thread. Descending where `backwards`.
template <int size, class E>
__device__ inline void sort_entries(E* entries, bool backwards) {
  for (u32 run = 2; run <= size; run *= 2)
    for (u32 stride = run / 2; stride > 0; stride /= 2) {
      __syncthreads();
      for (u32 i = threadIdx.x; i < size / 2; i += blockDim.x) {
        const u32 low = 2 * i - (i & (stride - 1)), high = low + stride;
        const bool down = ((low & run) != 0) != backwards;
        const E a = entries[low], b = entries[high];
        if ((b < a) != down) {
          entries[low] = b;
          entries[high] = a;
        }
      }
    }
  __syncthreads();
}

/// Values and places of one row's best k.
template <class T, class E>
__device__ inline void store_best(const E* entries, const T* __restrict__ data, T* __restrict__ values, i64* __restrict__ places,
                                  const Ranking& r, u32 row) {
  const u64 outer = row / r.inner, inside = row % r.inner;
  for (u32 i = threadIdx.x; i < r.k; i += blockDim.x) {
    const u32 index = entries[i].index;
    const u64 to = (outer * r.k + i) * r.inner + inside;
    if (values != nullptr) values[to] = data[(outer * r.extent + index) * r.inner + inside];
    if (places != nullptr) places[to] = index;
  }
}

/// A round: block b sorts piece b % pieces of row b / pieces. The first round reads data, the last one writes results.
template <bool largest, bool is_first, bool is_last, int size, class T>
__device__ inline void sort_round(const T* __restrict__ data, const EntryOf<largest, T>* __restrict__ from,
                                  EntryOf<largest, T>* __restrict__ to, T* __restrict__ values, i64* __restrict__ places,
                                  const Ranking& r) {
  using E = EntryOf<largest, T>;
  __shared__ E entries[size];
  const u32 row = blockIdx.x / r.pieces, piece = blockIdx.x % r.pieces;
  for (u32 i = threadIdx.x; i < size; i += blockDim.x) {
    const u32 at = piece * size + i;
    if (at >= r.given) entries[i] = E::none();
    else if (is_first) entries[i] = entry_of<largest>(data, r, row, at);
    else entries[i] = from[static_cast<u64>(row) * r.given + at];
  }
  sort_entries<size>(entries, false);
  if (is_last) return store_best(entries, data, values, places, r, row);
  for (u32 i = threadIdx.x; i < r.kept; i += blockDim.x) to[(static_cast<u64>(row) * r.pieces + piece) * r.kept + i] = entries[i];
}

/// Sorting of whole rows: pieces in turning directions ...
template <bool largest, int size, class T>
__device__ inline void sort_pieces(const T* __restrict__ data, EntryOf<largest, T>* __restrict__ to, const Ranking& r) {
  using E = EntryOf<largest, T>;
  __shared__ E entries[size];
  const u32 row = blockIdx.x / r.pieces, piece = blockIdx.x % r.pieces;
  for (u32 i = threadIdx.x; i < size; i += blockDim.x) {
    const u32 at = piece * size + i;
    entries[i] = at < r.extent ? entry_of<largest>(data, r, row, at) : E::none();
  }
  sort_entries<size>(entries, piece % 2 != 0);
  for (u32 i = threadIdx.x; i < size; i += blockDim.x) to[static_cast<u64>(blockIdx.x) * size + i] = entries[i];
}
/// ... then merged to runs of `run` entries: steps between pieces one launch each,
template <class E>
__device__ inline void merge_far(E* entries, u32 row_entries, u32 run, u32 stride, u64 pairs) {
  for (u64 i = static_cast<u64>(blockIdx.x) * blockDim.x + threadIdx.x; i < pairs; i += static_cast<u64>(gridDim.x) * blockDim.x) {
    const u64 low = 2 * i - (i & (stride - 1)), high = low + stride;
    const bool down = ((low & (row_entries - 1)) & run) != 0;
    const E a = entries[low], b = entries[high];
    if ((b < a) != down) {
      entries[low] = b;
      entries[high] = a;
    }
  }
}
/// steps within a piece all in one.
template <int size, class E>
__device__ inline void merge_near(E* entries, u32 row_entries, u32 run) {
  __shared__ E piece[size];
  E* own = entries + static_cast<u64>(blockIdx.x) * size;
  for (u32 i = threadIdx.x; i < size; i += blockDim.x) piece[i] = own[i];
  const u32 at = static_cast<u32>(static_cast<u64>(blockIdx.x) * size & (row_entries - 1));
  const bool down = (at & run) != 0;
  for (u32 stride = size / 2; stride > 0; stride /= 2) {
    __syncthreads();
    for (u32 i = threadIdx.x; i < size / 2; i += blockDim.x) {
      const u32 low = 2 * i - (i & (stride - 1)), high = low + stride;
      const E a = piece[low], b = piece[high];
      if ((b < a) != down) {
        piece[low] = b;
        piece[high] = a;
      }
    }
  }
  __syncthreads();
  for (u32 i = threadIdx.x; i < size; i += blockDim.x) own[i] = piece[i];
}
