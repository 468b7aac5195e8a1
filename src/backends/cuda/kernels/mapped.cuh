// Copies in which positions of an axis are looked up: every output axis either steps through the input, or has a table that says where in
// the input each position lies, or that it is filled. Pad, Gather by constant indices and Resize by nearest neighbours are such copies.
#pragma once

#include "strided.cuh"

template <int rank>
struct Maps {
  Extents<rank> extents;  // of the output, the last one counted in runs
  Strides<rank> from;     // of axes without a table, in elements
  u32 tables[rank];       // where an axis's table begins
  u32 count;
};

/// `tabled` has bit i where axis i has a table. `run` neighbours are written at once; they are read at once where the last axis steps by 1.
template <class Word, int rank, u32 tabled, int run, bool contiguous>
__device__ inline void copy_mapped(const Word* __restrict__ from, Word* __restrict__ to, const i32* __restrict__ tables,
                                   const Maps<rank>& maps, Word fill) {
  constexpr bool last_tabled = (tabled >> (rank - 1) & 1) != 0;
  for (u32 index = blockIdx.x * blockDim.x + threadIdx.x; index < maps.count; index += gridDim.x * blockDim.x) {
    u32 at[rank];
    unravel(index, maps.extents, at);
    i64 offset = 0;
    bool filled = false;
#pragma unroll
    for (int axis = 0; axis + 1 < rank; ++axis) {
      if ((tabled >> axis & 1) == 0) {
        offset += at[axis] * maps.from.stride[axis];
        continue;
      }
      const i32 place = tables[maps.tables[axis] + at[axis]];
      filled = filled or place < 0;
      offset += place;
    }
    Vec<Word, run> values;
    const u32 first = at[rank - 1] * run;
    if (not filled and contiguous) {
      values = load_vector<Word, run>(from + offset + first);
    } else {
#pragma unroll
      for (int i = 0; i < run; ++i) {
        values.at[i] = fill;
        if (filled) continue;
        const i64 place = last_tabled ? tables[maps.tables[rank - 1] + first + i] : (first + i) * maps.from.stride[rank - 1];
        if (not last_tabled or place >= 0) values.at[i] = from[offset + place];
      }
    }
    store_vector<Word, run>(to + static_cast<u64>(index) * run, values);
  }
}
