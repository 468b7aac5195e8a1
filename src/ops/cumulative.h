// Running sums and products along an axis: what CumSum and CumProd share.
// Floating types accumulate in double and round each result once; integers wrap.
#pragma once

#include "ir/evaluate.h"
#include "ir/infer.h"

namespace burnish::ops {

enum class Accumulation : uint8_t { sum, product };

void infer_cumulative(InferContext& context);
void evaluate_cumulative(Accumulation kind, bool exclusive, bool reverse, EvalContext& context);

}  // namespace burnish::ops
