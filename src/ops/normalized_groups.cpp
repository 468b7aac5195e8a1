// Checks of the normalizations' parameters, and the normalization of channels.
#include "ops/normalized_groups.h"

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"

namespace burnish::ops {

void check_row_parameter(const Shape& parameter, const Shape& input, size_t axis, size_t index) {
  const Shape rows(std::vector<Dim>(input.begin() + static_cast<int64_t>(axis), input.end()));
  const bool fits = parameter.rank() <= input.rank() and [&] {
    for (size_t i = 0; i < parameter.rank(); ++i) {
      const Dim& own = parameter[parameter.rank() - 1 - i];
      const Dim& other = input[input.rank() - 1 - i];
      if (own.is_constant() and own != Dim(1) and other.is_constant() and own != other) return false;
    }
    return true;
  }
  ();
  if (not fits) fail("input {} has shape {}; it must broadcast to the normalized axes {}", index, parameter.text(), rows.text());
}

void check_channel_parameter(const Shape& parameter, const Dim& channels, size_t index) {
  if (parameter.rank() != 1) fail("input {} has shape {}; it must have one value for each channel", index, parameter.text());
  if (parameter[0].is_constant() and channels.is_constant() and parameter[0] != channels)
    fail("input {} has shape {}, but there are {} channels", index, parameter.text(), channels.text());
}

void infer_channel_normalization(InferContext& context) {
  context.expect_inputs(3, 3);
  const Shape& shape = context.shape(0);
  if (shape.rank() < 2) fail("the input has shape {}; it needs batch and channel axes", shape.text());
  for (size_t i = 0; i < 3; ++i) {
    if (not is_floating(context.dtype(i))) fail("input {} is {}; it must be a floating type", i, name_of(context.dtype(i)));
    if (i > 0) check_channel_parameter(context.shape(i), shape[1], i);
  }
  context.output(0, context.dtype(0), shape);
}

void normalize_channels(EvalContext& context, int64_t channels_per_group, double epsilon) {
  const Tensor& input = context.input(0);
  const int64_t channels = input.dim(1);
  for (size_t i = 1; i < 3; ++i) check_channel_parameter(Shape(context.input(i).dims()), channels, i);
  const int64_t plane = extent_product(input.dims(), 2, input.rank());
  const int64_t count = plane * channels_per_group;
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  if (input.size() == 0) return;
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    const Numbers<double> scale(context.input(1));
    const Numbers<double> bias(context.input(2));
    NumbersOut<T> y(out);
    parallel_for(input.size() / count, grain_for(count * 8), [&](int64_t begin, int64_t end) {
      for (int64_t group = begin; group < end; ++group) {
        const RowMoments one = row_moments(x.data() + group * count, count, epsilon);
        for (int64_t i = group * count; i < (group + 1) * count; ++i) {
          const int64_t c = i / plane % channels;
          y[i] = static_cast<T>((static_cast<double>(x[i]) - one.mean) * one.inverse_deviation * scale[c] + bias[c]);
        }
      }
    });
    y.store();
  });
}

}  // namespace burnish::ops
