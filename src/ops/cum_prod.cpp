// CumProd: running products along an axis. ONNX CumProd, opset 26. Inputs and attributes as those of CumSum.
#include "ops/cumulative.h"
#include "ops/operator.h"

namespace burnish::ops {

struct CumProd {
  bool exclusive = false;
  bool reverse = false;
  static constexpr auto fields = std::tuple{field("exclusive", &CumProd::exclusive), field("reverse", &CumProd::reverse)};
};

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
