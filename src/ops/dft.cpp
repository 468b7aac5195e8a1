// Dft: see the header.
#include "ops/dft.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/fourier.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

size_t transformed_axis(int64_t axis, const Shape& shape) {
  const size_t rank = shape.rank();
  if (rank < 2) fail("the signal has shape {}; it needs an axis and a last axis of 1 or 2", shape.text());
  if (const auto parts = shape[rank - 1].constant(); parts and *parts != 1 and *parts != 2)
    fail("the signal has shape {}; its last axis must be 1 or 2", shape.text());
  const size_t normal = normalized_axis(axis, rank);
  if (normal + 1 == rank) fail("the last axis holds the parts of complex numbers and cannot be transformed");
  return normal;
}

/// How many numbers the transform has, where no input says it.
Dim default_length(const Dft& op, const Dim& extent) { return op.inverse and op.one_sided ? (extent - Dim(1)) * Dim(2) : extent; }

Shape output_shape(const Dft& op, Shape shape, size_t axis, const Dim& length) {
  shape[axis] = op.one_sided and not op.inverse ? floor_div(length, 2) + Dim(1) : length;
  shape[shape.rank() - 1] = op.one_sided and op.inverse ? 1 : 2;
  return shape;
}

/// Which axis changes only the data decides.
Shape unknown_axis(const Dft& op, InferContext& context) {
  transformed_axis(0, context.shape(0));
  Shape shape = unknown_shape(context, context.shape(0).rank());
  shape[shape.rank() - 1] = op.one_sided and op.inverse ? 1 : 2;
  return shape;
}

void infer(const Dft& op, InferContext& context) {
  context.expect_inputs(1, 3);
  if (not is_floating(context.dtype(0))) fail("the signal is {}; it must be floating", name_of(context.dtype(0)));
  const Shape& shape = context.shape(0);
  const auto named = context.has_input(2) ? context.integers(2) : std::vector<int64_t>{op.axis};
  if (not named) return context.output(0, context.dtype(0), unknown_axis(op, context));
  if (named->size() != 1) fail("the axis must be one number, not {}", named->size());
  const size_t normal = transformed_axis(named->front(), shape);
  Dim length = default_length(op, shape[normal]);
  if (context.has_input(1)) {
    expect_one_element(context, 1, "the length");
    const auto given = context.values(1);
    length = given and given->size() == 1 ? given->front() : context.unknown_dim();
  }
  const Shape output = output_shape(op, shape, normal, length);
  check_extents(output);
  context.output(0, context.dtype(0), output);
}

using Line = std::vector<std::complex<double>>;

/// The line as long as the transform; a one-sided spectrum's other half mirrors it.
Line completed(const Dft& op, Line line, size_t length) {
  if (not(op.inverse and op.one_sided)) {
    line.resize(length);
    return line;
  }
  line.resize(length / 2 + 1);
  Line full(length);
  for (size_t k = 0; k < length; ++k) full[k] = k < line.size() ? line[k] : std::conj(line[length - k]);
  return full;
}

void reference(const Dft& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Shape shape(input.dims());
  const size_t axis = transformed_axis(context.has_input(2) ? single_integer(context.input(2), "the axis") : op.axis, shape);
  const int64_t length =
      context.has_input(1) ? single_integer(context.input(1), "the length") : default_length(op, input.dim(axis)).value();
  if (length < 1) fail("the length {} of the transform must be positive", length);
  Tensor& out = context.allocate(0, input.dtype(), output_shape(op, shape, axis, length).dims());
  const int64_t parts = input.dim(input.rank() - 1);
  const int64_t out_parts = out.dim(out.rank() - 1);
  const int64_t inner = extent_product(input.dims(), axis + 1, input.rank() - 1);
  const int64_t outer = extent_product(input.dims(), 0, axis);
  const Numbers<double> x(input);
  for (int64_t row = 0; row < outer * inner; ++row) {
    const auto place = [&](int64_t i, int64_t extent) { return (row / inner * extent + i) * inner + row % inner; };
    Line line;
    for (int64_t i = 0; i < std::min(input.dim(axis), length); ++i) {
      const int64_t at = place(i, input.dim(axis)) * parts;
      line.emplace_back(x[at], parts == 2 ? x[at + 1] : 0);
    }
    const Line result = fourier(completed(op, std::move(line), static_cast<size_t>(length)), op.inverse);
    const double scale = op.inverse ? 1 / static_cast<double>(length) : 1;
    for (int64_t i = 0; i < out.dim(axis); ++i) {
      const int64_t at = place(i, out.dim(axis)) * out_parts;
      out.set_number(at, result[static_cast<size_t>(i)].real() * scale);
      if (out_parts == 2) out.set_number(at + 1, result[static_cast<size_t>(i)].imag() * scale);
    }
  }
}

Dft import(const ImportContext& context) {
  return {.axis = context.opset() < 20 ? context.int_or("axis", 1) : -2,
          .inverse = context.flag_or("inverse", false),
          .one_sided = context.flag_or("onesided", false)};
}

}  // namespace

void register_dft(Registry& registry) {
  registry.add<Dft>({.name = "DFT", .infer = infer, .reference = reference, .onnx = {{.name = "DFT", .since = 17, .import = import}}});
}

}  // namespace burnish::ops
