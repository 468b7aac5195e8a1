// CumProd: see the header.
#include "ops/cum_prod.h"

#include "ops/cumulative.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const CumProd&, InferContext& context) { infer_cumulative(context); }

void reference(const CumProd& op, EvalContext& context) { evaluate_cumulative(Accumulation::product, op.exclusive, op.reverse, context); }

CumProd import(const ImportContext& context) {
  return {.exclusive = context.flag_or("exclusive", false), .reverse = context.flag_or("reverse", false)};
}

}  // namespace

void register_cum_prod(Registry& registry) {
  registry.add<CumProd>(
      {.name = "CumProd", .infer = infer, .reference = reference, .onnx = {{.name = "CumProd", .since = 26, .import = import}}});
}

}  // namespace burnish::ops
