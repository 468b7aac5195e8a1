// Combining updates: floating types in double with one rounding, integers in 64 bits.
#include "ops/scatter_reduction.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/import.h"

namespace burnish::ops {
namespace {

double combined(ScatterReduction reduction, double a, double b) {
  switch (reduction) {
    case ScatterReduction::add: return a + b;
    case ScatterReduction::mul: return a * b;
    case ScatterReduction::max: return std::isnan(a) or a > b ? a : b;
    case ScatterReduction::min: return std::isnan(a) or a < b ? a : b;
    case ScatterReduction::none: break;
  }
  return b;
}

/// Sums and products are the same bits signed or unsigned; only comparing differs.
int64_t combined(ScatterReduction reduction, int64_t a, int64_t b, bool is_unsigned) {
  const auto ua = static_cast<uint64_t>(a);
  const auto ub = static_cast<uint64_t>(b);
  const bool less = is_unsigned ? ua < ub : a < b;
  switch (reduction) {
    case ScatterReduction::add: return static_cast<int64_t>(ua + ub);
    case ScatterReduction::mul: return static_cast<int64_t>(ua * ub);
    case ScatterReduction::max: return less ? b : a;
    case ScatterReduction::min: return less ? a : b;
    case ScatterReduction::none: break;
  }
  return b;
}

}  // namespace

ScatterReduction import_scatter_reduction(const ImportContext& context) {
  const std::string name = context.string_or("reduction", "none");
  for (size_t i = 0; i < EnumNames<ScatterReduction>::names.size(); ++i)
    if (EnumNames<ScatterReduction>::names[i] == name) return static_cast<ScatterReduction>(i);
  fail("the reduction `{}` is not known; there are none, add, mul, max and min", name);
}

void check_reducible(ScatterReduction reduction, DType dtype) {
  if (reduction == ScatterReduction::none or is_floating(dtype) or is_integer(dtype) or dtype == DType::boolean) return;
  fail("elements of type {} cannot be combined by `{}`", name_of(dtype), print_field(reduction));
}

void reduce_run(ScatterReduction reduction, Tensor& to, int64_t to_index, const Tensor& from, int64_t from_index, int64_t count) {
  if (reduction == ScatterReduction::none) return copy_run(to, to_index, from, from_index, count);
  const bool floating = is_floating(to.dtype());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = to_index + i;
    if (floating) {
      to.set_number(at, combined(reduction, to.number(at), from.number(from_index + i)));
    } else {
      to.set_integer(at, combined(reduction, to.integer(at), from.integer(from_index + i), to.dtype() == DType::u64));
    }
  }
}

}  // namespace burnish::ops
