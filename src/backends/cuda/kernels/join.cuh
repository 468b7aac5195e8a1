// Parts that lie side by side in the rows of one whole tensor, each part a tensor of its own: Concat writes the whole, Split reads it.
// One kernel serves any number of parts up to `parts`, and every element type: it moves words of 1 to 16 bytes.
#pragma once

#include "types.cuh"

template <class Word, int parts>
struct Parts {
  Word* at[parts];       // nullptr: nobody reads it
  u32 begin[parts + 1];  // words into a row of these parts; places beyond the last part hold the largest number
};

/// Each thread has `together` words under way at once.
template <bool joins, int together, class Word, int parts>
__device__ inline void move_parts(Word* whole, const Parts<Word, parts>& all, u32 rows, u32 width, u32 pitch) {
  const u32 count = rows * width, step = gridDim.x * blockDim.x;
  for (u32 first = blockIdx.x * blockDim.x + threadIdx.x; first < count; first += together * step) {
    Word values[together];
    Word* to[together];
#pragma unroll
    for (int k = 0; k < together; ++k) {
      const u32 index = first + k * step, row = index / width, column = index - row * width;
      to[k] = nullptr;
      if (index >= count) continue;
      int part = 0;
#pragma unroll
      for (int i = 1; i < parts; ++i) part += column >= all.begin[i] ? 1 : 0;
      Word* of_part = all.at[part];
      if (of_part == nullptr) continue;
      of_part += static_cast<u64>(row) * (all.begin[part + 1] - all.begin[part]) + (column - all.begin[part]);
      Word* of_whole = whole + static_cast<u64>(row) * pitch + column;
      values[k] = joins ? *of_part : *of_whole;
      to[k] = joins ? of_whole : of_part;
    }
#pragma unroll
    for (int k = 0; k < together; ++k)
      if (to[k] != nullptr) *to[k] = values[k];
  }
}
