// LRN: see the header.
#include "ops/lrn.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Lrn& op, InferContext& context) {
  context.expect_inputs(1, 1);
  if (not is_floating(context.dtype(0))) fail("LRN computes floating types, not {}", name_of(context.dtype(0)));
  if (context.shape(0).rank() < 2) fail("the input has shape {}; it needs batch and channel axes", context.shape(0).text());
  if (op.size < 1) fail("size is {}; it must be 1 or more", op.size);
  context.output(0, context.dtype(0), context.shape(0));
}

void reference(const Lrn& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const int64_t channels = input.dim(1);
  const int64_t plane = extent_product(input.dims(), 2, input.rank());
  const int64_t before = std::min((op.size - 1) / 2, channels);
  const int64_t after = std::min(op.size / 2, channels);
  Tensor& out = context.allocate(0, input.dtype(), input.dims());
  with_floating(input.dtype(), [&](auto type) {
    using T = decltype(type);
    const Numbers<T> x(input);
    NumbersOut<T> y(out);
    parallel_for(input.dim(0) * channels, grain_for(plane * 64), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t c = i % channels;
        const int64_t first = std::max<int64_t>(c - before, 0) - c;
        const int64_t last = std::min(c + after, channels - 1) - c;
        for (int64_t j = i * plane; j < (i + 1) * plane; ++j) {
          double squares = 0;
          for (int64_t k = first; k <= last; ++k) squares += static_cast<double>(x[j + k * plane]) * static_cast<double>(x[j + k * plane]);
          y[j] = static_cast<T>(static_cast<double>(x[j]) / std::pow(op.bias + op.alpha / static_cast<double>(op.size) * squares, op.beta));
        }
      }
    });
    y.store();
  });
}

Lrn import(const ImportContext& context) {
  return {.size = context.require_int("size"),
          .alpha = context.float_or("alpha", 1e-4),
          .beta = context.float_or("beta", 0.75),
          .bias = context.float_or("bias", 1)};
}

}  // namespace

void register_lrn(Registry& registry) {
  registry.add<Lrn>({.name = "LRN", .infer = infer, .reference = reference, .onnx = {{.name = "LRN", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
