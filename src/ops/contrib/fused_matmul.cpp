// FusedMatMul: alpha * A' B', with operands optionally transposed. com.microsoft FusedMatMul, TransposeMatMul.
// `transBatchA` and `transBatchB` move the last but one axis in front of the batch axes before that.
#include "base/error.h"
#include "ops/contrib/delegate.h"
#include "ops/matmul.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/transpose.h"

namespace burnish::ops {
namespace {

/// Axes 0, 1, ..., r-2, r-1 to 1, ..., r-2, 0, r-1.
ValueId batch_moved(ImportContext& context, ValueId value) {
  const auto rank = static_cast<int64_t>(context.type(value).shape.rank());
  if (rank < 3) fail("an operand of rank {} has no batch axis to transpose", rank);
  std::vector<int64_t> perm;
  for (int64_t axis = 1; axis + 1 < rank; ++axis) perm.push_back(axis);
  perm.push_back(0);
  perm.push_back(rank - 1);
  return context.add(Transpose{.perm = perm}, {value});
}

void import(ImportContext& context) {
  std::vector<ValueId> inputs = required_inputs(context, 2, 2);
  if (context.flag_or("transBatchA", false)) inputs[0] = batch_moved(context, inputs[0]);
  if (context.flag_or("transBatchB", false)) inputs[1] = batch_moved(context, inputs[1]);
  ValueId result =
      context.add(MatMul{.transpose_a = context.flag_or("transA", false), .transpose_b = context.flag_or("transB", false)}, inputs);
  if (const double alpha = context.float_or("alpha", 1); alpha != 1) result = add_pointwise(context, ExprCode::mul, result, alpha);
  context.set_output(0, result);
}

}  // namespace

void register_fused_matmul(Registry& registry) {
  registry.add_import("FusedMatMul", 1, import, microsoft);
  registry.add_import("TransposeMatMul", 1, import, microsoft);
}

}  // namespace burnish::ops
