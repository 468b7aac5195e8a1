// EyeLike: see the header.
#include "ops/eye_like.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const EyeLike& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 2);
  if (op.dtype == DType::string or is_complex(op.dtype)) fail("EyeLike makes numbers, not {}", name_of(op.dtype));
  context.output(0, op.dtype, context.shape(0));
}

void reference(const EyeLike& op, EvalContext& context) {
  const Dims& dims = context.input(0).dims();
  const Tensor zero(op.dtype, {});
  Tensor& out = context.allocate(0, op.dtype, dims);
  fill_run(out, 0, out.size(), zero);
  for (int64_t row = 0; row < dims[0]; ++row)
    if (op.k >= -row and op.k < dims[1] - row) out.set_number(row * dims[1] + row + op.k, 1);
}

EyeLike import(const ImportContext& context) {
  return {.dtype = context.find_dtype("dtype").value_or(context.type(context.input(0)).dtype), .k = context.int_or("k", 0)};
}

}  // namespace

void register_eye_like(Registry& registry) {
  registry.add<EyeLike>(
      {.name = "EyeLike", .infer = infer, .reference = reference, .onnx = {{.name = "EyeLike", .since = 9, .import = import}}});
}

}  // namespace burnish::ops
