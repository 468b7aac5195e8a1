// RMSNormalization: see ops/normalization.h.
#include "base/error.h"
#include "base/parallel.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/normalization.h"
#include "ops/normalized_groups.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const RMSNormalization& op, InferContext& context) {
  context.expect_inputs(2, 2);
  const Shape& shape = context.shape(0);
  const size_t axis = context.axis(op.axis, shape.rank());
  for (size_t i = 0; i < 2; ++i)
    if (not is_floating(context.dtype(i))) fail("input {} is {}; it must be a floating type", i, name_of(context.dtype(i)));
  check_row_parameter(context.shape(1), shape, axis, 1);
  context.output(0, context.dtype(0), shape);
}

void reference(const RMSNormalization& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalized_axis(op.axis, input.rank());
  const int64_t count = extent_product(input.dims(), axis, input.rank());
  const int64_t rows = extent_product(input.dims(), 0, axis);
  const std::vector<int64_t> scale_index = broadcast_indices(context.input(1).dims(), input.dims());
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> scale(context.input(1));
    NumbersOut<T> y(out);
    parallel_for(rows, grain_for(count * 4), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const RowMoments one = row_moments(x.data() + row * count, count, op.epsilon, false);
        for (int64_t i = row * count; i < (row + 1) * count; ++i)
          y[i] = static_cast<T>(static_cast<double>(x[i]) * one.inverse_deviation * scale[scale_index[static_cast<size_t>(i)]]);
      }
    });
    y.store();
  });
}

RMSNormalization import(const ImportContext& context) {
  return {.axis = context.int_or("axis", -1), .epsilon = context.float_or("epsilon", 1e-5)};
}

}  // namespace

void register_rms_normalization(Registry& registry) {
  registry.add<RMSNormalization>({.name = "RMSNormalization",
                                  .infer = infer,
                                  .reference = reference,
                                  .onnx = {{.name = "RMSNormalization", .since = 23, .import = import}}});
}

}  // namespace burnish::ops
