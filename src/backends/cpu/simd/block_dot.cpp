// An integer stays where it lies in its word: masked, it is the number times a power of two, which x has been divided by. So a step of 16 integers takes
// a mask, a conversion and a multiplication; only the highest bits are shifted down, because a conversion would read them as a sign.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/block_dot.cpp"
// clang-format off: this order is Highway's
#include "backends/cpu/simd/targets.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>

#include "backends/cpu/simd/block_dot.h"

HWY_BEFORE_NAMESPACE();
namespace burnish::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, PackedRow::lanes>;
using V = hn::Vec<D>;
using Words = hn::Rebind<uint32_t, D>;
using Integers = hn::Rebind<int32_t, D>;

/// What is added up for `Rows` rows of x. Written out row by row, because compilers keep an array in registers only where no loop runs over it.
template <size_t... Row>
struct Sums {
  V block[sizeof...(Row)];
  V total[sizeof...(Row)];

  HWY_INLINE Sums() { ((block[Row] = total[Row] = hn::Zero(D())), ...); }
  HWY_INLINE void multiply(V number, const BlockRows& rows, size_t at) {
    ((block[Row] = hn::MulAdd(number, hn::LoadU(D(), rows.x[Row] + at), block[Row])), ...);
  }
  HWY_INLINE void finish_block(float scale) {
    const V factor = hn::Set(D(), scale);
    ((total[Row] = hn::MulAdd(block[Row], factor, total[Row]), block[Row] = hn::Zero(D())), ...);
  }
  HWY_INLINE void add_to(float* result) const { ((result[Row] += hn::GetLane(hn::SumOfLanes(D(), total[Row]))), ...); }
};

/// Where the walk over a row of integers stands.
struct Place {
  size_t at = 0;    // in x
  size_t left = 0;  // steps of this block
  const float* scale = nullptr;
};

/// The steps of one chunk from `Step` on.
template <unsigned Bits, size_t Step, class Sum>
HWY_INLINE void walk_chunk(hn::Vec<Words> words, size_t steps, const PackedRow& row, const BlockRows& rows, Place& place, Sum& sums) {
  if constexpr (Step < 32 / Bits) {
    if (Step >= steps) return;
    hn::Vec<Words> integers;
    if constexpr (Step + 1 == 32 / Bits) integers = hn::ShiftRight<Step * Bits>(words);
    else integers = hn::And(words, hn::Set(Words(), ((uint32_t{1} << Bits) - 1) << (Step * Bits)));
    sums.multiply(hn::ConvertTo(D(), hn::BitCast(Integers(), integers)), rows, place.at);
    place.at += PackedRow::lanes;
    if (--place.left == 0) {
      sums.finish_block(*place.scale++);
      place.left = row.steps_in_block();
    }
    walk_chunk<Bits, Step + 1>(words, steps, row, rows, place, sums);
  }
}

/// Lanes from `lane` on, as many as a vector has, of the whole row.
template <unsigned Bits, size_t... Row>
HWY_INLINE void walk(const PackedRow& row, const uint32_t* words, const float* scales, const BlockRows& rows, size_t lane, float* result) {
  constexpr size_t in_chunk = 32 / Bits;
  Sums<Row...> sums;
  Place place{.at = lane, .left = row.steps_in_block(), .scale = scales};
  size_t steps = row.steps();
  for (; steps >= in_chunk; steps -= in_chunk, words += PackedRow::lanes)
    walk_chunk<Bits, 0>(hn::LoadU(Words(), words + lane), in_chunk, row, rows, place, sums);
  if (steps > 0) walk_chunk<Bits, 0>(hn::LoadU(Words(), words + lane), steps, row, rows, place, sums);
  if (place.left != row.steps_in_block()) sums.finish_block(*place.scale);
  sums.add_to(result);
}

template <unsigned Bits, size_t... Row>
void dot(const PackedRow& row, const uint32_t* words, const float* scales, const float* offsets, const BlockRows& rows, float* result) {
  for (size_t r = 0; r < sizeof...(Row); ++r) {
    result[r] = 0;
    for (size_t b = 0; b < row.blocks(); ++b) result[r] += offsets[b] * rows.sums[r][b];
  }
  for (size_t lane = 0; lane < PackedRow::lanes; lane += hn::Lanes(D())) walk<Bits, Row...>(row, words, scales, rows, lane, result);
}

template <unsigned Bits>
void dot_rows(const PackedRow& row, const uint32_t* words, const float* scales, const float* offsets, const BlockRows& rows,
              float* result) {
  switch (rows.count) {
    case 1: return dot<Bits, 0>(row, words, scales, offsets, rows, result);
    case 2: return dot<Bits, 0, 1>(row, words, scales, offsets, rows, result);
    case 3: return dot<Bits, 0, 1, 2>(row, words, scales, offsets, rows, result);
    default: return dot<Bits, 0, 1, 2, 3>(row, words, scales, offsets, rows, result);
  }
}

void dot_bits(const PackedRow& row, const uint32_t* words, const float* scales, const float* offsets, const BlockRows& rows,
              float* result) {
  switch (row.bits) {
    case 2: return dot_rows<2>(row, words, scales, offsets, rows, result);
    case 4: return dot_rows<4>(row, words, scales, offsets, rows, result);
    default: return dot_rows<8>(row, words, scales, offsets, rows, result);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace burnish::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace burnish::cpu {

HWY_EXPORT(dot_bits);

void block_dot(const PackedRow& row, const uint32_t* words, const float* scales, const float* offsets, const BlockRows& rows,
               float* result) {
  HWY_DYNAMIC_DISPATCH(dot_bits)(row, words, scales, offsets, rows, result);
}

void pack_row(const PackedRow& row, std::span<const uint8_t> integers, std::span<uint32_t> to) {
  std::ranges::fill(to, 0U);
  const size_t in_chunk = row.steps_in_chunk();
  for (size_t i = 0; i < row.columns; ++i) {
    const size_t step = i / PackedRow::lanes;
    const auto shift = static_cast<unsigned>(step % in_chunk) * row.bits;
    to[step / in_chunk * PackedRow::lanes + i % PackedRow::lanes] |= static_cast<uint32_t>(integers[i]) << shift;
  }
}

void prepare_row(const PackedRow& row, const float* x, float* prepared, float* sums) {
  std::fill_n(sums, row.blocks(), 0.0F);
  for (size_t i = 0; i < row.columns; ++i) sums[i / row.block] += x[i];
  const size_t in_chunk = row.steps_in_chunk();
  for (size_t step = 0; step < row.steps(); ++step) {
    const size_t place = step % in_chunk;
    // Exact but for numbers so small that they count for nothing beside others; the last place is shifted down instead.
    const float factor = place + 1 == in_chunk ? 1.0F : 1.0F / static_cast<float>(uint64_t{1} << (place * row.bits));
    for (size_t i = step * PackedRow::lanes; i < (step + 1) * PackedRow::lanes; ++i) prepared[i] = i < row.columns ? x[i] * factor : 0.0F;
  }
}

}  // namespace burnish::cpu
#endif
