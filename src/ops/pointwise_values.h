// Shape arithmetic through pointwise operators: small integer values, known as Dims, computed along with the types.
// Called by Pointwise's inference alone. What it cannot compute exactly (overflow included) it leaves unknown.
#pragma once

#include "ir/expr.h"
#include "ir/infer.h"

namespace burnish::ops {

/// Sets the values of those outputs of `expr` over `shape` that follow from the known values of the inputs.
void propagate_pointwise(const Expr& expr, const Shape& shape, InferContext& context);

}  // namespace burnish::ops
