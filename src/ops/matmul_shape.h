// The shape of a matrix product, shared by MatMul and its integer and quantized forms. Called by inference.
#pragma once

#include "tensor/shape.h"

namespace burnish::ops {

/// NumPy's rules, rank 1 included; Error where the operands do not fit.
Shape matmul_output(const Shape& a, const Shape& b, bool transpose_a, bool transpose_b);

}  // namespace burnish::ops
