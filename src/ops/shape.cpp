// Shape: see the header.
#include "ops/shape.h"

#include <algorithm>

#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

template <class Sizes>
auto selected(const ShapeOf& op, const Sizes& sizes) {
  const auto rank = static_cast<int64_t>(sizes.size());
  const auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t start = clamped(op.start);
  const int64_t end = std::max(clamped(op.end), start);
  return std::vector(sizes.begin() + start, sizes.begin() + end);
}

void infer(const ShapeOf& op, InferContext& context) {
  context.expect_inputs(1, 1);
  DimValues sizes = selected(op, context.shape(0).axes());
  context.output(0, DType::i64, {Dim(static_cast<int64_t>(sizes.size()))});
  propagate(context, 0, DType::i64, std::move(sizes));
}

void reference(const ShapeOf& op, EvalContext& context) {
  const std::vector<int64_t> sizes = selected(op, context.input(0).dims());
  context.set_output(0, Tensor::of<int64_t>({static_cast<int64_t>(sizes.size())}, std::span<const int64_t>(sizes)));
}

ShapeOf import(const ImportContext& context) { return {.start = context.int_or("start", 0), .end = context.int_or("end", INT64_MAX)}; }

}  // namespace

void register_shape(Registry& registry) {
  registry.add<ShapeOf>(
      {.name = "Shape", .infer = infer, .reference = reference, .onnx = {{.name = "Shape", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
