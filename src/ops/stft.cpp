// Stft: see the header.
#include "ops/stft.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/fourier.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_signal(const Shape& signal) {
  if (signal.rank() != 2 and signal.rank() != 3) fail("the signal has shape {}; it must be [N,n,1] or [N,n,2]", signal.text());
  if (signal.rank() == 3 and signal[2].constant().value_or(1) != 1 and signal[2] != Dim(2))
    fail("the signal has shape {}; its last axis must be 1 or 2", signal.text());
}

Shape output_shape(const Stft& op, const Shape& signal, int64_t step, const Dim& length) {
  if (step < 1) fail("the frame step is {}; it must be positive", step);
  const Dim slack = signal[1] - length;
  if (slack.is_constant() and slack.value() < 0) fail("frames of {} do not fit a signal of {}", length.text(), signal[1].text());
  if (length.is_constant() and length.value() < 1) fail("the frame length is {}; it must be positive", length.value());
  return {signal[0], floor_div(slack, step) + Dim(1), op.one_sided ? floor_div(length, 2) + Dim(1) : length, 2};
}

Dim inferred_length(InferContext& context) {
  if (context.has_input(3)) {
    const auto given = context.values(3);
    return given and given->size() == 1 ? given->front() : context.unknown_dim();
  }
  if (not context.has_input(2)) return context.shape(0)[1];
  context.expect_rank(2, 1);
  return context.shape(2)[0];
}

void infer(const Stft& op, InferContext& context) {
  context.expect_inputs(2, 4);
  if (not is_floating(context.dtype(0))) fail("the signal is {}; it must be floating", name_of(context.dtype(0)));
  check_signal(context.shape(0));
  const Dim length = inferred_length(context);
  const auto step = context.integers(1);
  Shape shape = output_shape(op, context.shape(0), step and step->size() == 1 ? step->front() : 1, length);
  if (not step) shape[1] = context.unknown_dim();
  context.output(0, context.dtype(0), shape);
}

void reference(const Stft& op, EvalContext& context) {
  const Tensor& signal = context.input(0);
  check_signal(Shape(signal.dims()));
  const int64_t step = single_integer(context.input(1), "the frame step");
  const bool windowed = context.has_input(2);
  const int64_t length = context.has_input(3) ? single_integer(context.input(3), "the frame length")
                         : windowed           ? context.input(2).size()
                                              : signal.dim(1);
  if (windowed and context.input(2).size() != length)
    fail("the window has {} weights, but frames have {}", context.input(2).size(), length);
  const Dims dims = output_shape(op, Shape(signal.dims()), step, length).dims();
  const int64_t parts = signal.rank() == 3 ? signal.dim(2) : 1;
  const Numbers<double> x(signal);
  Tensor& out = context.allocate(0, signal.dtype(), dims);
  for (int64_t frame = 0; frame < dims[0] * dims[1]; ++frame) {
    const int64_t first = frame / dims[1] * signal.dim(1) + frame % dims[1] * step;
    std::vector<std::complex<double>> line;
    for (int64_t i = 0; i < length; ++i) {
      const double weight = windowed ? context.input(2).number(i) : 1;
      line.emplace_back(weight * x[(first + i) * parts], parts == 2 ? weight * x[(first + i) * parts + 1] : 0);
    }
    line = fourier(line, false);
    for (int64_t bin = 0; bin < dims[2]; ++bin) {
      out.set_number((frame * dims[2] + bin) * 2, line[static_cast<size_t>(bin)].real());
      out.set_number((frame * dims[2] + bin) * 2 + 1, line[static_cast<size_t>(bin)].imag());
    }
  }
}

Stft import(const ImportContext& context) { return {.one_sided = context.flag_or("onesided", true)}; }

}  // namespace

void register_stft(Registry& registry) {
  registry.add<Stft>({.name = "STFT", .infer = infer, .reference = reference, .onnx = {{.name = "STFT", .since = 17, .import = import}}});
}

}  // namespace burnish::ops
