// What rows gather: the maximum and the sum of exponentials (softmax), moments (normalizations), sums and extremes (reductions), the place
// of an extreme. Each adds chunks of elements in registers, merges with another, and gives results after `prepare`.
// Sums are of the type A, float for halves. Two passes over a chunk's registers keep moments exact; chunks merge by Chan's formula.
#pragma once

#include "rows.cuh"

/// The exponential: the hardware's where results are stored as halves, which hold less.
template <bool fast, class A>
__device__ inline A exponential(A x) {
  if constexpr (fast) return __expf(x);
  else return exp(x);
}

template <class A, bool log_, bool fast>
struct SoftmaxState {
  A top = -infinity();
  A sum = 0;
  static constexpr bool log_of = log_;

  /// What exponents are taken relative to: never an infinity.
  static __device__ inline A shift(A top) { return isinf(top) ? A(0) : top; }
  /// By how much a part's sum shrinks when it is taken relative to something larger; nothing of a part without finite numbers.
  static __device__ inline A factor(A part, A to) { return part == -infinity() ? A(0) : exponential<fast>(shift(part) - to); }

  template <class Chunk>
  __device__ inline void add(const Chunk& chunk) {
    SoftmaxState part;
    chunk.each([&](A x, u32) { part.top = x > part.top ? x : part.top; });
    const A by = shift(part.top);
    chunk.each([&](A x, u32) { part.sum += exponential<fast>(x - by); });
    merge(part);
  }
  __device__ inline void merge(const SoftmaxState& other) {
    const A best = top > other.top ? top : other.top;
    const A by = shift(best);
    sum = sum * factor(top, by) + other.sum * factor(other.top, by);
    top = best;
  }
  __device__ inline void prepare(u32, double) { sum = log_of ? log(sum) : A(1) / sum; }
  __device__ inline A result(A x) const {
    if constexpr (log_of) return x - top - sum;
    else return exponential<fast>(x - top) * sum;
  }
};

template <class A, bool fast>
struct LogSumExpState : SoftmaxState<A, false, fast> {
  __device__ inline void prepare(u32, double) {}
  __device__ inline A result() const { return log(this->sum) + this->shift(this->top); }
};

/// Within two units of the last place of floats: exact quotients take several times as long, and rows wait for them one after another.
template <class A>
__device__ inline A quotient(A a, A b) {
  if constexpr (sizeof(A) == sizeof(float)) return __fdividef(a, b);
  else return a / b;
}
template <class A>
__device__ inline A inverse_root(A x) {
  if constexpr (sizeof(A) == sizeof(float)) return rsqrtf(x);
  else return A(1) / sqrt(x);
}

/// Mean and variance; not centered: the mean square alone.
template <class A, bool centered>
struct MomentsState {
  A count = 0;
  A mean = 0;
  A squares = 0;  // of distances from the mean

  template <class Chunk>
  __device__ inline void add(const Chunk& chunk) {
    MomentsState part;
    part.count = static_cast<A>(chunk.size());
    if constexpr (centered) {
      A sum = 0;
      chunk.each([&](A x, u32) { sum += x; });
      part.mean = chunk.size() == 0 ? A(0) : quotient(sum, part.count);
    }
    chunk.each([&](A x, u32) { part.squares += (x - part.mean) * (x - part.mean); });
    merge(part);
  }
  __device__ inline void merge(const MomentsState& other) {
    squares += other.squares;
    if constexpr (centered) {
      const A all = count + other.count;
      const A share = all > A(0) ? quotient(other.count, all) : A(0);
      const A distance = other.mean - mean;
      mean += distance * share;
      squares += distance * distance * count * share;
    }
    count += other.count;
  }
  /// `squares` becomes the inverse deviation.
  __device__ inline void prepare(u32 elements, double epsilon) {
    squares = inverse_root(squares / static_cast<A>(elements) + static_cast<A>(epsilon));
  }
  __device__ inline A result(A x) const { return centered ? (x - mean) * squares : x * squares; }
};

enum class Reduction { sum, mean, max, min, prod, l1, l2, log_sum, sum_square };

template <class A>
__device__ inline constexpr A lowest() {
  if constexpr (A(0.5) != A(0)) return static_cast<A>(-infinity());
  else if constexpr (A(-1) > A(0)) return A(0);
  else return A(1) << (8 * sizeof(A) - 1);
}
template <class A>
__device__ inline constexpr A highest() {
  if constexpr (A(0.5) != A(0)) return static_cast<A>(infinity());
  else return ~lowest<A>();
}
/// What changes nothing.
template <class A, Reduction kind>
__device__ inline constexpr A neutral() {
  if constexpr (kind == Reduction::max) return lowest<A>();
  else if constexpr (kind == Reduction::min) return highest<A>();
  else return kind == Reduction::prod ? A(1) : A(0);
}

template <class A, Reduction kind>
struct ReductionState {
  A value = neutral<A, kind>();

  static __device__ inline A joined(A a, A b) {
    if constexpr (kind == Reduction::max) return b > a or b != b ? b : a;
    else if constexpr (kind == Reduction::min) return b < a or b != b ? b : a;
    else if constexpr (kind == Reduction::prod) return a * b;
    else return a + b;
  }
  static __device__ inline A term(A x) {
    if constexpr (kind == Reduction::l1) return x < A(0) ? A(0) - x : x;
    else if constexpr (kind == Reduction::l2 or kind == Reduction::sum_square) return x * x;
    else return x;
  }
  template <class Chunk>
  __device__ inline void add(const Chunk& chunk) {
    chunk.each([&](typename Chunk::Element x, u32) { value = joined(value, term(static_cast<A>(x))); });
  }
  __device__ inline void merge(const ReductionState& other) { value = joined(value, other.value); }
  __device__ inline void prepare(u32 elements, double) {
    if constexpr (kind == Reduction::mean) value = value / static_cast<A>(elements);
    if constexpr (kind == Reduction::l2) value = sqrt(value);
    if constexpr (kind == Reduction::log_sum) value = log(value);
  }
  __device__ inline A result() const { return value; }
};

/// The place of the largest or smallest element; of equal ones the first or the last.
template <class A, bool smallest, bool last>
struct ArgState {
  A value = A(0);
  u32 index = ~0u;  // none yet

  __device__ inline void take(A x, u32 at) {
    const bool better = smallest ? x < value : x > value;
    const bool later = last ? at > index : at < index;
    if (index != ~0u and not better and not(x == value and later)) return;
    value = x;
    index = at;
  }
  template <class Chunk>
  __device__ inline void add(const Chunk& chunk) {
    chunk.each([&](typename Chunk::Element x, u32 at) { take(static_cast<A>(x), at); });
  }
  __device__ inline void merge(const ArgState& other) {
    if (other.index != ~0u) take(other.value, other.index);
  }
  __device__ inline void prepare(u32, double) {}
  __device__ inline i64 result() const { return index; }
};
