// One step of an Expr over a block of elements: doubles for floating types, 64-bit integers for all others.
// The evaluator calls these once a block, so that the code is looked at once for a thousand elements. Results are not yet rounded
// or wrapped to the step's type. Nothing here throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/expr.h"

namespace burnish::expr_steps {

struct Numbers {
  const double* x = nullptr;
  const double* y = nullptr;
  const double* z = nullptr;
};
struct Integers {
  const int64_t* x = nullptr;
  const int64_t* y = nullptr;
  const int64_t* z = nullptr;
};

/// Arithmetic in floating point: every code whose result has its operands' type.
void run(const ExprStep& step, size_t count, const Numbers& in, double* out);

/// Arithmetic in integers (u64 where `is_unsigned`); false for codes that only floating point can compute.
bool run(const ExprStep& step, size_t count, const Integers& in, bool is_unsigned, int64_t* out);

/// Comparisons, is_nan, is_inf: 0 or 1.
void compare(const ExprStep& step, size_t count, const Numbers& in, int64_t* out);
void compare(const ExprStep& step, size_t count, const Integers& in, bool is_unsigned, int64_t* out);

/// base to the exponent, wrapping; negative exponents truncate the fraction.
int64_t integer_power(int64_t base, int64_t exponent, bool unsigned_exponent);

}  // namespace burnish::expr_steps
