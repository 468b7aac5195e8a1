// Steps of Exprs in integers. Arithmetic wraps (it is done in unsigned numbers, where that is defined); division by zero gives 0.
#include <algorithm>

#include "ir/expr_steps.h"

namespace burnish::expr_steps {
namespace {

template <class F>
void map(size_t count, const Integers& in, int64_t* out, F&& f) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<int64_t>(f(in.x[i], in.y[i]));
}
template <class F>
void map_one(size_t count, const Integers& in, int64_t* out, F&& f) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<int64_t>(f(in.x[i]));
}

uint64_t bits(int64_t value) { return static_cast<uint64_t>(value); }

// I is int64_t or uint64_t: how the 64 bits are read.
template <class I>
I quotient(I x, I y) {
  if (y == 0) return 0;
  if (y == static_cast<I>(-1) and static_cast<I>(-1) < 0) return static_cast<I>(0 - static_cast<uint64_t>(x));
  return x / y;
}
template <class I>
I remainder(I x, I y) {
  if (y == 0 or (y == static_cast<I>(-1) and static_cast<I>(-1) < 0)) return 0;
  return x % y;
}
template <class I>
I floor_mod(I x, I y) {
  const I rest = remainder(x, y);
  return rest != 0 and (rest < 0) != (y < 0) ? rest + y : rest;
}

template <class I>
bool ordered(const ExprStep& step, size_t count, const Integers& in, int64_t* out) {
  const auto as = [](int64_t v) { return static_cast<I>(v); };
  switch (step.code) {
    case ExprCode::div: map(count, in, out, [=](auto x, auto y) { return quotient(as(x), as(y)); }); return true;
    case ExprCode::mod: map(count, in, out, [=](auto x, auto y) { return floor_mod(as(x), as(y)); }); return true;
    case ExprCode::fmod: map(count, in, out, [=](auto x, auto y) { return remainder(as(x), as(y)); }); return true;
    case ExprCode::min: map(count, in, out, [=](auto x, auto y) { return std::min(as(x), as(y)); }); return true;
    case ExprCode::max: map(count, in, out, [=](auto x, auto y) { return std::max(as(x), as(y)); }); return true;
    case ExprCode::abs: map_one(count, in, out, [=](auto x) { return as(x) < 0 ? 0 - bits(x) : bits(x); }); return true;
    case ExprCode::sign: map_one(count, in, out, [=](auto x) { return (as(x) > 0 ? 1 : 0) - (as(x) < 0 ? 1 : 0); }); return true;
    case ExprCode::relu: map_one(count, in, out, [=](auto x) { return as(x) < 0 ? 0 : x; }); return true;
    case ExprCode::prelu: map(count, in, out, [=](auto x, auto y) { return as(x) < 0 ? bits(x) * bits(y) : bits(x); }); return true;
    case ExprCode::clip:
      for (size_t i = 0; i < count; ++i) out[i] = static_cast<int64_t>(std::min(std::max(as(in.x[i]), as(in.y[i])), as(in.z[i])));
      return true;
    default: return false;
  }
}

bool wrapping(const ExprStep& step, size_t count, const Integers& in, int64_t* out) {
  const uint64_t width = bit_width(step.dtype);
  switch (step.code) {
    case ExprCode::add: map(count, in, out, [](auto x, auto y) { return bits(x) + bits(y); }); return true;
    case ExprCode::sub: map(count, in, out, [](auto x, auto y) { return bits(x) - bits(y); }); return true;
    case ExprCode::mul: map(count, in, out, [](auto x, auto y) { return bits(x) * bits(y); }); return true;
    case ExprCode::neg: map_one(count, in, out, [](auto x) { return 0 - bits(x); }); return true;
    case ExprCode::logical_and:
    case ExprCode::bitwise_and: map(count, in, out, [](auto x, auto y) { return x & y; }); return true;
    case ExprCode::logical_or:
    case ExprCode::bitwise_or: map(count, in, out, [](auto x, auto y) { return x | y; }); return true;
    case ExprCode::logical_xor:
    case ExprCode::bitwise_xor: map(count, in, out, [](auto x, auto y) { return x ^ y; }); return true;
    case ExprCode::logical_not: map_one(count, in, out, [](auto x) { return x == 0; }); return true;
    case ExprCode::bitwise_not:
      // A boolean has one bit; the complement of all 64 would never be 0.
      if (width == 1) map_one(count, in, out, [](auto x) { return x == 0; });
      else map_one(count, in, out, [](auto x) { return ~x; });
      return true;
    case ExprCode::shift_left: map(count, in, out, [=](auto x, auto y) { return bits(y) < width ? bits(x) << bits(y) : 0; }); return true;
    case ExprCode::floor:
    case ExprCode::ceil:
    case ExprCode::round:
    case ExprCode::round_half_away:
    case ExprCode::trunc: std::copy_n(in.x, count, out); return true;
    default: return false;
  }
}

template <class I, class F>
void test(size_t count, const Integers& in, int64_t* out, F&& f) {
  for (size_t i = 0; i < count; ++i) out[i] = f(static_cast<I>(in.x[i]), static_cast<I>(in.y[i])) ? 1 : 0;
}

template <class I>
void compare_as(const ExprStep& step, size_t count, const Integers& in, int64_t* out) {
  switch (step.code) {
    case ExprCode::equal: return test<I>(count, in, out, [](I x, I y) { return x == y; });
    case ExprCode::less: return test<I>(count, in, out, [](I x, I y) { return x < y; });
    case ExprCode::less_equal: return test<I>(count, in, out, [](I x, I y) { return x <= y; });
    case ExprCode::greater: return test<I>(count, in, out, [](I x, I y) { return x > y; });
    default: return test<I>(count, in, out, [](I x, I y) { return x >= y; });
  }
}

}  // namespace

bool run(const ExprStep& step, size_t count, const Integers& in, bool is_unsigned, int64_t* out) {
  if (step.code == ExprCode::shift_right) {
    const uint64_t width = bit_width(step.dtype);
    map(count, in, out, [=](auto x, auto y) -> int64_t {
      if (bits(y) >= width) return 0;
      return is_unsigned ? static_cast<int64_t>(bits(x) >> bits(y)) : x >> y;
    });
    return true;
  }
  if (wrapping(step, count, in, out)) return true;
  return is_unsigned ? ordered<uint64_t>(step, count, in, out) : ordered<int64_t>(step, count, in, out);
}

void compare(const ExprStep& step, size_t count, const Integers& in, bool is_unsigned, int64_t* out) {
  if (is_unsigned) return compare_as<uint64_t>(step, count, in, out);
  compare_as<int64_t>(step, count, in, out);
}

int64_t integer_power(int64_t base, int64_t exponent, bool unsigned_exponent) {
  if (exponent < 0 and not unsigned_exponent) {
    if (base == 1) return 1;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  uint64_t out = 1;
  uint64_t square = bits(base);
  for (uint64_t left = bits(exponent); left > 0; left >>= 1U) {
    if ((left & 1U) != 0) out *= square;
    square *= square;
  }
  return static_cast<int64_t>(out);
}

}  // namespace burnish::expr_steps
