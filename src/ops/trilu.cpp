// Trilu: see the header.
#include "ops/trilu.h"

#include <algorithm>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Trilu&, InferContext& context) {
  context.expect_inputs(1, 2);
  const Shape& data = context.shape(0);
  if (data.rank() < 2) fail("Trilu needs data of rank 2 or more, but it has shape {}", data.text());
  if (context.has_input(1)) {
    expect_index_type(context, 1, "k");
    expect_one_element(context, 1, "k");
  }
  context.output(0, context.dtype(0), data);
}

void reference(const Trilu& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const int64_t rows = data.dim(data.rank() - 2);
  const int64_t columns = data.dim(data.rank() - 1);
  const int64_t k = context.has_input(1) ? single_integer(context.input(1), "k") : 0;
  const int64_t diagonal = std::clamp(k, -rows - 1, columns + 1);
  const Tensor zero(data.dtype(), {});
  Tensor& out = context.allocate(0, data.dtype(), data.dims());
  const int64_t lines = columns == 0 ? 0 : data.size() / columns;
  for (int64_t line = 0; line < lines; ++line) {
    // Columns before `cut` are left of the diagonal for an upper triangle, and kept for a lower one.
    const int64_t cut = std::clamp<int64_t>(line % rows + diagonal + (op.upper ? 0 : 1), 0, columns);
    const int64_t first = line * columns;
    if (op.upper) {
      fill_run(out, first, cut, zero);
      copy_run(out, first + cut, data, first + cut, columns - cut);
    } else {
      copy_run(out, first, data, first, cut);
      fill_run(out, first + cut, columns - cut, zero);
    }
  }
}

Trilu import(const ImportContext& context) { return {.upper = context.flag_or("upper", true)}; }

}  // namespace

void register_trilu(Registry& registry) {
  registry.add<Trilu>(
      {.name = "Trilu", .infer = infer, .reference = reference, .onnx = {{.name = "Trilu", .since = 14, .import = import}}});
}

}  // namespace burnish::ops
