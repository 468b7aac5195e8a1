// Softmax: see the header.
#include "ops/softmax.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/flattened.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Softmax& op, InferContext& context) {
  context.expect_inputs(1, 1);
  if (not is_floating(context.dtype(0))) fail("Softmax computes floating types, not {}", name_of(context.dtype(0)));
  context.axis(op.axis, context.shape(0).rank());
  context.output(0, context.dtype(0), context.shape(0));
}

template <class T>
void softmax_line(const Softmax& op, const T* x, T* y, int64_t extent, int64_t stride) {
  double largest = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < extent; ++i) largest = std::max(largest, static_cast<double>(x[i * stride]));
  double sum = 0;
  for (int64_t i = 0; i < extent; ++i) sum += std::exp(static_cast<double>(x[i * stride]) - largest);
  const double log_sum = std::log(sum);
  for (int64_t i = 0; i < extent; ++i) {
    const double shifted = static_cast<double>(x[i * stride]) - largest;
    y[i * stride] = static_cast<T>(op.log ? shifted - log_sum : std::exp(shifted) / sum);
  }
}

void reference(const Softmax& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalized_axis(op.axis, input.rank());
  const int64_t extent = input.dim(axis);
  const int64_t inner = extent_product(input.dims(), axis + 1, input.rank());
  const int64_t lines = extent_product(input.dims(), 0, axis) * inner;
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    NumbersOut<T> y(out);
    parallel_for(lines, grain_for(extent * 32), [&](int64_t begin, int64_t end) {
      for (int64_t line = begin; line < end; ++line) {
        const int64_t first = line / inner * extent * inner + line % inner;
        softmax_line(op, x.data() + first, y.data() + first, extent, inner);
      }
    });
    y.store();
  });
}

Softmax import(const ImportContext& context) { return {.axis = context.int_or("axis", -1), .log = context.op_type() == "LogSoftmax"}; }

void import_old(ImportContext& context) {
  const bool log = context.op_type() == "LogSoftmax";
  import_flattened(context, [&](int64_t axis) { return Op(Softmax{.axis = axis, .log = log}); });
}

}  // namespace

void register_softmax(Registry& registry) {
  registry.add<Softmax>({.name = "Softmax",
                         .infer = infer,
                         .reference = reference,
                         .onnx = {{.name = "Softmax", .since = 1, .expand = import_old},
                                  {.name = "Softmax", .since = 13, .import = import},
                                  {.name = "LogSoftmax", .since = 1, .expand = import_old},
                                  {.name = "LogSoftmax", .since = 13, .import = import}}});
}

}  // namespace burnish::ops
