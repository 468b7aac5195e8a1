// Hardmax: see the header.
#include "ops/hardmax.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/flattened.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Hardmax& op, InferContext& context) {
  context.expect_inputs(1, 1);
  if (not is_floating(context.dtype(0))) fail("Hardmax computes floating types, not {}", name_of(context.dtype(0)));
  context.axis(op.axis, context.shape(0).rank());
  context.output(0, context.dtype(0), context.shape(0));
}

void reference(const Hardmax& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalized_axis(op.axis, input.rank());
  const int64_t extent = input.dim(axis);
  const int64_t inner = extent_product(input.dims(), axis + 1, input.rank());
  const Numbers<double> x(input);
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  for (int64_t i = 0; i < out.size(); ++i) out.set_number(i, 0);
  const int64_t lines = extent == 0 ? 0 : input.size() / extent;
  for (int64_t line = 0; line < lines; ++line) {
    const int64_t first = line / inner * extent * inner + line % inner;
    int64_t best = 0;
    for (int64_t i = 1; i < extent; ++i)
      if (x[first + i * inner] > x[first + best * inner]) best = i;
    out.set_number(first + best * inner, 1);
  }
}

Hardmax import(const ImportContext& context) { return {.axis = context.int_or("axis", -1)}; }

void import_old(ImportContext& context) {
  import_flattened(context, [](int64_t axis) { return Op(Hardmax{.axis = axis}); });
}

}  // namespace

void register_hardmax(Registry& registry) {
  registry.add<Hardmax>(
      {.name = "Hardmax",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Hardmax", .since = 1, .expand = import_old}, {.name = "Hardmax", .since = 13, .import = import}}});
}

}  // namespace burnish::ops
