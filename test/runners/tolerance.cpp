// Tolerances of the operator suite.
#include "runners/tolerance.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace burnish::suite {
namespace {

/// The distance between 1 and the next number of a type.
double spacing(DType dtype) {
  switch (dtype) {
    case DType::f64: return 0x1p-52;
    case DType::f16: return 0x1p-10;
    case DType::bf16: return 0x1p-7;
    default: return 0x1p-23;
  }
}

double largest(const Tensor& tensor) {
  double most = 0;
  for (int64_t i = 0; i < tensor.size(); ++i)
    if (std::isfinite(tensor.number(i))) most = std::max(most, std::abs(tensor.number(i)));
  return most;
}

bool same_kind(double a, double b) { return std::isnan(a) == std::isnan(b) and (std::isfinite(a) or std::isnan(a) or a == b); }

}  // namespace

std::string difference(const Tensor& expected, const Tensor& got, const Tolerance& tolerance) {
  if (expected.dtype() != got.dtype() or expected.dims() != got.dims()) return "type or dimensions differ";
  if (not is_floating(expected.dtype())) {
    for (int64_t i = 0; i < expected.size(); ++i)
      if (std::abs(expected.integer(i) - got.integer(i)) > (tolerance.between_steps ? 1 : 0))
        return fmt::format("element {} is {}, expected {}", i, got.integer(i), expected.integer(i));
    return {};
  }
  // Rounding errors of a sum grow with the root of its length, relative to its larger terms; a function costs a few units of what it computes in.
  const double steps = 4 + std::sqrt(static_cast<double>(tolerance.accumulated));
  const double scale = tolerance.accumulated == 1 ? 0 : tolerance.terms > 0 ? tolerance.terms : largest(expected);
  // Rounding to a narrower type is off by half a unit at most. Where the reference has rounded to it too, the two may go different ways.
  const bool narrow = spacing(tolerance.storage) > spacing(tolerance.computing);
  const double rounding = not narrow ? 0 : spacing(tolerance.storage) * (expected.dtype() == tolerance.storage ? 1 : 0.5);
  for (int64_t i = 0; i < expected.size(); ++i) {
    const double want = expected.number(i);
    const double have = got.number(i);
    const double allowed = spacing(tolerance.computing) * steps * std::max({std::abs(want), scale, 0.125}) + rounding * std::abs(want);
    if (same_kind(want, have) and (not std::isfinite(want) or std::abs(want - have) <= allowed)) continue;
    return fmt::format("element {} is {}, expected {} within {}", i, have, want, allowed);
  }
  return {};
}

}  // namespace burnish::suite
