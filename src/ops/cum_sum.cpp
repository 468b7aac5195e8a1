// CumSum: see the header.
#include "ops/cum_sum.h"

#include "ops/cumulative.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const CumSum&, InferContext& context) { infer_cumulative(context); }

void reference(const CumSum& op, EvalContext& context) { evaluate_cumulative(Accumulation::sum, op.exclusive, op.reverse, context); }

CumSum import(const ImportContext& context) {
  return {.exclusive = context.flag_or("exclusive", false), .reverse = context.flag_or("reverse", false)};
}

}  // namespace

void register_cum_sum(Registry& registry) {
  registry.add<CumSum>(
      {.name = "CumSum", .infer = infer, .reference = reference, .onnx = {{.name = "CumSum", .since = 11, .import = import}}});
}

}  // namespace burnish::ops
