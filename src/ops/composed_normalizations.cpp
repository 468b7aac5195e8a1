// Rare normalizations, composed of reductions and pointwise nodes: LpNormalization (opsets 1, 22), MeanVarianceNormalization (9, 13).
#include "base/error.h"
#include "ops/axes.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/reduce.h"

namespace burnish::ops {
namespace {

/// x / |x| along an axis; 0 where the norm is 0.
void import_lp(ImportContext& context) {
  const ValueId x = required_inputs(context, 1, 1).front();
  const int64_t p = context.int_or("p", 2);
  if (p != 1 and p != 2) fail("p is {}; it must be 1 or 2", p);
  const auto axis = static_cast<int64_t>(normalized_axis(context.int_or("axis", -1), context.type(x).shape.rank()));
  const ValueId norm = context.add(Reduce{.kind = p == 1 ? ReduceKind::l1 : ReduceKind::l2}, {x, context.constant_i64({axis})});
  const ValueId zero = context.constant(scalar(context.type(x).dtype, 0));
  const ValueId one = context.constant(scalar(context.type(x).dtype, 1));
  const ValueId divisor = add_pointwise(context, ExprCode::where, {add_pointwise(context, ExprCode::equal, {norm, zero}), one, norm});
  context.set_output(0, add_pointwise(context, ExprCode::div, {x, divisor}));
}

/// (x - mean) / (sqrt(variance) + 1e-9), as in ONNX; the variance is taken of centered values, which loses nothing to cancellation.
void import_mean_variance(ImportContext& context) {
  const ValueId x = required_inputs(context, 1, 1).front();
  const ValueId axes = context.constant_i64(context.ints_or("axes", {0, 2, 3}));
  const auto mean_of = [&](ValueId value) { return context.add(Reduce{.kind = ReduceKind::mean}, {value, axes}); };
  const auto square = [&](ValueId value) { return add_pointwise(context, ExprCode::mul, {value, value}); };
  const ValueId mean = mean_of(x);
  const ValueId centered = add_pointwise(context, ExprCode::sub, {x, mean});
  const ValueId variance = mean_of(square(centered));
  const ValueId deviation = add_pointwise(context, ExprCode::add, add_pointwise(context, ExprCode::sqrt, {variance}), 1e-9);
  context.set_output(0, add_pointwise(context, ExprCode::div, {centered, deviation}));
}

}  // namespace

void register_composed_normalizations(Registry& registry) {
  registry.add_import("LpNormalization", 1, import_lp);
  registry.add_import("MeanVarianceNormalization", 9, import_mean_variance);
}

}  // namespace burnish::ops
