// WindowFunction: see the header. All are sums of cosines.
#include "ops/window_function.h"

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const WindowFunction& op, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_index_type(context, 0, "the size");
  expect_one_element(context, 0, "the size");
  if (not is_floating(op.dtype) and not is_integer(op.dtype)) fail("a window of {} is not computed", name_of(op.dtype));
  const auto size = context.values(0);
  const Shape shape{size and size->size() == 1 ? size->front() : context.unknown_dim()};
  check_extents(shape);
  context.output(0, op.dtype, shape);
}

struct Cosines {
  double constant;
  double first;
  double second;
};
constexpr Cosines cosines[] = {{0.5, 0.5, 0}, {25.0 / 46, 21.0 / 46, 0}, {0.42, 0.5, 0.08}};

void reference(const WindowFunction& op, EvalContext& context) {
  const int64_t size = single_integer(context.input(0), "the size");
  if (size < 0) fail("the size is {}; it must not be negative", size);
  Tensor& out = context.allocate(0, op.dtype, {size});
  const Cosines& sum = cosines[static_cast<size_t>(op.kind)];
  const auto period = static_cast<double>(op.periodic ? size : size - 1);
  for (int64_t i = 0; i < size; ++i) {
    const double angle = period == 0 ? 0 : 2 * std::numbers::pi * static_cast<double>(i) / period;
    out.set_number(i, sum.constant - sum.first * std::cos(angle) + sum.second * std::cos(2 * angle));
  }
}

WindowFunction import(const ImportContext& context) {
  const std::string_view name = context.op_type();
  WindowFunction op{.kind = name == "HannWindow"      ? WindowKind::hann
                            : name == "HammingWindow" ? WindowKind::hamming
                                                      : WindowKind::blackman,
                    .dtype = DType::f32,
                    .periodic = context.flag_or("periodic", true)};
  if (const auto dtype = context.find_dtype("output_datatype")) op.dtype = *dtype;
  return op;
}

}  // namespace

void register_window_function(Registry& registry) {
  registry.add<WindowFunction>({.name = "WindowFunction",
                                .infer = infer,
                                .reference = reference,
                                .onnx = {{.name = "HannWindow", .since = 17, .import = import},
                                         {.name = "HammingWindow", .since = 17, .import = import},
                                         {.name = "BlackmanWindow", .since = 17, .import = import}}});
}

}  // namespace burnish::ops
