// The shape of a matrix product, shared by MatMul and its integer and quantized forms. Called by inference, and by passes that ask how much is
// multiplied. It knows no operator.
#pragma once

#include "tensor/shape.h"

namespace burnish::ops {

/// NumPy's rules, rank 1 included; Error where the operands do not fit.
Shape matmul_output(const Shape& a, const Shape& b, bool transpose_a, bool transpose_b);

/// Whether a product's result is made of rows whose number (of all axes but the last) is known and at most `limit`.
bool few_rows(const Shape& result, int64_t limit);

}  // namespace burnish::ops
