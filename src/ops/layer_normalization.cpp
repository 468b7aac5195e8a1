// LayerNormalization: see ops/normalization.h.
#include "base/error.h"
#include "base/parallel.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/normalization.h"
#include "ops/normalized_groups.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const LayerNormalization& op, InferContext& context) {
  context.expect_inputs(2, 3);
  const Shape& shape = context.shape(0);
  const size_t axis = context.axis(op.axis, shape.rank());
  for (size_t i = 0; i < 3; ++i) {
    if (not context.has_input(i)) continue;
    if (not is_floating(context.dtype(i))) fail("input {} is {}; it must be a floating type", i, name_of(context.dtype(i)));
    if (i > 0) check_row_parameter(context.shape(i), shape, axis, i);
  }
  context.output(0, context.dtype(0), shape);
  Shape statistics = shape;
  for (size_t i = axis; i < shape.rank(); ++i) statistics[i] = 1;
  for (size_t i = 1; i < context.output_count(); ++i) context.output(i, DType::f32, statistics);
}

/// The mean and the inverse deviation of each row, where the node gives them out.
void store_statistics(EvalContext& context, const Dims& dims, const std::vector<RowMoments>& rows) {
  for (size_t index = 1; index < context.output_count(); ++index) {
    Tensor& out = context.allocate(index, DType::f32, dims);
    for (int64_t i = 0; i < out.size(); ++i) {
      const RowMoments& row = rows[static_cast<size_t>(i)];
      out.set_number(i, index == 1 ? row.mean : row.inverse_deviation);
    }
  }
}

void reference(const LayerNormalization& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalized_axis(op.axis, input.rank());
  const int64_t count = extent_product(input.dims(), axis, input.rank());
  Dims statistics = input.dims();
  std::fill(statistics.begin() + static_cast<int64_t>(axis), statistics.end(), 1);
  std::vector<RowMoments> moments(static_cast<size_t>(element_count(statistics)));
  const std::vector<int64_t> scale_index = broadcast_indices(context.input(1).dims(), input.dims());
  const std::vector<int64_t> bias_index =
      context.has_input(2) ? broadcast_indices(context.input(2).dims(), input.dims()) : std::vector<int64_t>{};
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> scale(context.input(1));
    const Numbers<double> bias(context.has_input(2) ? context.input(2) : context.input(1));
    NumbersOut<T> y(out);
    parallel_for(static_cast<int64_t>(moments.size()), grain_for(count * 8), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const RowMoments one = moments[static_cast<size_t>(row)] = row_moments(x.data() + row * count, count, op.epsilon);
        for (int64_t i = row * count; i < (row + 1) * count; ++i) {
          const double normal = (static_cast<double>(x[i]) - one.mean) * one.inverse_deviation * scale[scale_index[static_cast<size_t>(i)]];
          y[i] = static_cast<T>(normal + (bias_index.empty() ? 0 : bias[bias_index[static_cast<size_t>(i)]]));
        }
      }
    });
    y.store();
  });
  store_statistics(context, statistics, moments);
}

LayerNormalization import(const ImportContext& context) {
  if (const int64_t stash = context.int_or("stash_type", 1); stash != 1)
    fail_unsupported("LayerNormalization with stash_type {}; only 1 (f32) is supported", stash);
  return {.axis = context.int_or("axis", -1), .epsilon = context.float_or("epsilon", 1e-5)};
}

}  // namespace

void register_layer_normalization(Registry& registry) {
  registry.add<LayerNormalization>({.name = "LayerNormalization",
                                    .infer = infer,
                                    .reference = reference,
                                    .onnx = {{.name = "LayerNormalization", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
