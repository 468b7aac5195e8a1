// Compares a result with the suite's own output as NumPy's assert_allclose does: |actual - expected| <= atol + rtol * |expected|.
// Types and dimensions must be the same; NaN equals NaN, an infinity only itself. Tolerances are the suite's and are not for widening.
#pragma once

#include <string>

#include "burnish/tensor.h"

namespace burnish::test {

/// Empty where they agree, else the first difference and how many there are.
std::string difference(const Tensor& expected, const Tensor& actual, double rtol = 1e-3, double atol = 1e-7);

}  // namespace burnish::test
