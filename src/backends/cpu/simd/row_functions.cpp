#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/row_functions.cpp"
// clang-format off: this order is Highway's
#include "backends/cpu/simd/targets.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/simd/row_functions.h"
#include "backends/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace burnish::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// Folds a row with four accumulators, so that additions of one do not wait for those of another.
template <class Vector, class Scalar, class Combine>
HWY_INLINE V fold_vectors(const float* x, size_t count, V start, Vector vector, Scalar tail, Combine combine, float& rest) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V a = start, b = start, c = start, e = start;
  size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    a = vector(a, hn::LoadU(d, x + i));
    b = vector(b, hn::LoadU(d, x + i + lanes));
    c = vector(c, hn::LoadU(d, x + i + 2 * lanes));
    e = vector(e, hn::LoadU(d, x + i + 3 * lanes));
  }
  for (; i + lanes <= count; i += lanes) a = vector(a, hn::LoadU(d, x + i));
  for (; i < count; ++i) rest = tail(rest, x[i]);
  return combine(combine(a, b), combine(c, e));
}

float row_sum(const float* x, size_t count) {
  const D d;
  float rest = 0;
  const auto add = [](V s, V v) HWY_ATTR { return hn::Add(s, v); };
  const V sum = fold_vectors(x, count, hn::Zero(d), add, [](float s, float v) { return s + v; }, add, rest);
  return hn::GetLane(hn::SumOfLanes(d, sum)) + rest;
}

float row_sum_of_squares(const float* x, size_t count) {
  const D d;
  float rest = 0;
  const V sum = fold_vectors(
      x, count, hn::Zero(d), [](V s, V v) HWY_ATTR { return hn::MulAdd(v, v, s); }, [](float s, float v) { return s + v * v; },
      [](V s, V v) HWY_ATTR { return hn::Add(s, v); }, rest);
  return hn::GetLane(hn::SumOfLanes(d, sum)) + rest;
}

float row_max(const float* x, size_t count) {
  const D d;
  float rest = -std::numeric_limits<float>::infinity();
  const auto larger = [](V s, V v) HWY_ATTR { return hn::Max(s, v); };
  const V most = fold_vectors(x, count, hn::Set(d, rest), larger, [](float s, float v) { return std::max(s, v); }, larger, rest);
  return std::max(hn::GetLane(hn::MaxOfLanes(d, most)), rest);
}

float row_min(const float* x, size_t count) {
  const D d;
  float rest = std::numeric_limits<float>::infinity();
  const auto smaller = [](V s, V v) HWY_ATTR { return hn::Min(s, v); };
  const V least = fold_vectors(x, count, hn::Set(d, rest), smaller, [](float s, float v) { return std::min(s, v); }, smaller, rest);
  return std::min(hn::GetLane(hn::MinOfLanes(d, least)), rest);
}

Moments row_moments(const float* x, size_t count) {
  const D d;
  const float mean = row_sum(x, count) / static_cast<float>(count);
  const V center = hn::Set(d, mean);
  float rest = 0;
  const V sum = fold_vectors(
      x, count, hn::Zero(d),
      [=](V s, V v) HWY_ATTR {
        const V off = hn::Sub(v, center);
        return hn::MulAdd(off, off, s);
      },
      [=](float s, float v) { return s + (v - mean) * (v - mean); }, [](V s, V v) HWY_ATTR { return hn::Add(s, v); }, rest);
  return {mean, (hn::GetLane(hn::SumOfLanes(d, sum)) + rest) / static_cast<float>(count)};
}

void row_normalize(const float* x, float* out, size_t count, float mean, float inverse, const float* scale, const float* bias) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, inverse);
  const V center = hn::Set(d, mean);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    V y = hn::Mul(hn::Sub(hn::LoadU(d, x + i), center), factor);
    if (scale != nullptr) y = hn::Mul(y, hn::LoadU(d, scale + i));
    if (bias != nullptr) y = hn::Add(y, hn::LoadU(d, bias + i));
    hn::StoreU(y, d, out + i);
  }
  for (; i < count; ++i) out[i] = (x[i] - mean) * inverse * (scale != nullptr ? scale[i] : 1) + (bias != nullptr ? bias[i] : 0);
}

void row_affine(const float* x, float* out, size_t count, float a, float b) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::MulAdd(hn::LoadU(d, x + i), hn::Set(d, a), hn::Set(d, b)), d, out + i);
  for (; i < count; ++i) out[i] = x[i] * a + b;
}

float row_exp_sum(const float* x, float* out, size_t count, float scale, float shift) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, scale);
  const V offset = hn::Set(d, shift);
  const auto power = [&](const float* from) HWY_ATTR { return bounded_exp_of(d, hn::MulSub(hn::LoadU(d, from), factor, offset)); };
  V sum = hn::Zero(d), sum_too = sum;
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const V e = power(x + i), e_too = power(x + i + lanes);
    hn::StoreU(e, d, out + i);
    hn::StoreU(e_too, d, out + i + lanes);
    sum = hn::Add(sum, e);
    sum_too = hn::Add(sum_too, e_too);
  }
  for (; i < count; i += lanes) {  // what is left goes through a vector of its own
    const size_t rest = std::min(lanes, count - i);
    HWY_ALIGN float staged[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(hn::Zero(d), d, staged);
    std::copy_n(x + i, rest, staged);
    const V e = hn::IfThenElseZero(hn::FirstN(d, rest), power(staged));
    hn::Store(e, d, staged);
    std::copy_n(staged, rest, out + i);
    sum = hn::Add(sum, e);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, sum_too)));
}

template <class Step>
HWY_INLINE void combine_into(const float* x, float* to, size_t count, Step step) {
  const hn::CappedTag<float, 1> one;
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(step(hn::LoadU(d, to + i), hn::LoadU(d, x + i)), d, to + i);
  for (; i < count; ++i) hn::StoreU(step(hn::LoadU(one, to + i), hn::LoadU(one, x + i)), one, to + i);
}

void row_accumulate(const float* x, float* to, size_t count) {
  combine_into(x, to, count, [](auto a, auto b) HWY_ATTR { return hn::Add(a, b); });
}
void row_accumulate_max(const float* x, float* to, size_t count) {
  combine_into(x, to, count, [](auto a, auto b) HWY_ATTR { return hn::Max(a, b); });
}
void row_accumulate_min(const float* x, float* to, size_t count) {
  combine_into(x, to, count, [](auto a, auto b) HWY_ATTR { return hn::Min(a, b); });
}

Range row_range(const float* x, size_t count) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V low = hn::Zero(d), low_too = low, high = low, high_too = low;
  size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {  // the second operand stays where the first is NaN
    const V a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + lanes);
    low = hn::Min(a, low), high = hn::Max(a, high);
    low_too = hn::Min(b, low_too), high_too = hn::Max(b, high_too);
  }
  Range range{hn::GetLane(hn::MinOfLanes(d, hn::Min(low, low_too))), hn::GetLane(hn::MaxOfLanes(d, hn::Max(high, high_too)))};
  for (; i < count; ++i) range = {x[i] < range.low ? x[i] : range.low, x[i] > range.high ? x[i] : range.high};
  return range;
}

/// Quotients by one divisor. With fused multiply-add they are rounded as by a division, which takes several times as long: the product with the
/// reciprocal, and one correction by what is left over.
struct Divisor {
  float value, reciprocal;
  bool corrected;  // far from where the rest would vanish or the reciprocal overflow
  explicit Divisor(float divisor)
      : value(divisor), reciprocal(1 / divisor), corrected(HWY_NATIVE_FMA != 0 and divisor > 1e-30F and divisor < 1e30F) {}
};

template <class Tag, class Vector = hn::Vec<Tag>>
HWY_INLINE Vector quotient_of(Tag d, Vector x, const Divisor& divisor) {
  const auto value = hn::Set(d, divisor.value);
  if (not divisor.corrected) return hn::Div(x, value);
  const auto reciprocal = hn::Set(d, divisor.reciprocal);
  const auto quotient = hn::Mul(x, reciprocal);
  return hn::MulAdd(hn::NegMulAdd(quotient, value, x), reciprocal, quotient);
}

template <class Tag>
HWY_INLINE void quantize_lanes(Tag d, const float* x, uint8_t* out, const Divisor& scale, float zero_point) {
  const hn::Rebind<int32_t, Tag> whole;
  const hn::Rebind<uint8_t, Tag> bytes;
  const auto quotient = quotient_of(d, hn::LoadU(d, x), scale);
  const auto rounded = hn::NearestInt(hn::IfThenZeroElse(hn::IsNaN(quotient), quotient));
  hn::StoreU(hn::DemoteTo(bytes, hn::Add(rounded, hn::Set(whole, static_cast<int32_t>(zero_point)))), bytes, out);
}

void row_quantize(const float* x, uint8_t* out, size_t count, float scale, float zero_point) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const Divisor divisor(scale);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) quantize_lanes(d, x + i, out + i, divisor, zero_point);
  for (; i < count; ++i) quantize_lanes(hn::CappedTag<float, 1>(), x + i, out + i, divisor, zero_point);
}

const RowFunctions* table() {
  static const RowFunctions functions{row_sum,
                                      row_sum_of_squares,
                                      row_max,
                                      row_min,
                                      row_moments,
                                      row_normalize,
                                      row_affine,
                                      row_exp_sum,
                                      row_accumulate,
                                      row_accumulate_max,
                                      row_accumulate_min,
                                      row_range,
                                      row_quantize};
  return &functions;
}

}  // namespace HWY_NAMESPACE
}  // namespace burnish::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace burnish::cpu {

HWY_EXPORT(table);

const RowFunctions& row_functions() {
  static const RowFunctions& chosen = *HWY_DYNAMIC_DISPATCH(table)();
  return chosen;
}

}  // namespace burnish::cpu
#endif
