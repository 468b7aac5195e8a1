// ConcatFromSequence: the tensors of a sequence joined along an axis, or stacked along a new one. ONNX ConcatFromSequence, opset 11.
#include "base/error.h"
#include "ops/axes.h"
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

void infer(const ConcatFromSequence& op, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_sequence(context, 0);
  TensorType joined = held_type(context, context.input(0));
  if (joined.known == Known::shape) {
    const size_t axis = context.axis(op.axis, joined.shape.rank() + (op.new_axis ? 1 : 0));
    joined.shape = joined.shape.replaced(axis, op.new_axis ? 0 : 1, Shape{context.unknown_dim()});
  }
  context.output(0, joined);
}

void reference(const ConcatFromSequence& op, EvalContext& context) {
  std::vector<Tensor> parts(context.input(0).held().begin(), context.input(0).held().end());
  if (parts.empty()) fail("an empty sequence cannot be joined");
  const size_t axis = normalized_axis(op.axis, parts.front().rank() + (op.new_axis ? 1 : 0));
  for (size_t i = 0; i < parts.size() and op.new_axis; ++i) {
    Dims dims = parts[i].dims();
    if (dims.size() < axis) fail("tensor {} of the sequence has rank {}, but is stacked along axis {}", i, dims.size(), axis);
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    parts[i] = parts[i].reshaped(dims);
  }
  Dims dims = parts.front().dims();
  dims[axis] = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    Dims own = parts[i].dims();
    if (own.size() != dims.size()) fail("tensor {} of the sequence has shape {}, but the first has rank {}", i, text_of(own), dims.size());
    if (__builtin_add_overflow(dims[axis], own[axis], &dims[axis])) fail("the joined tensor is too large");
    own[axis] = dims[axis];
    if (own != dims) fail("tensor {} of the sequence has shape {}, which does not fit those before it", i, text_of(parts[i].dims()));
  }
  const int64_t blocks = extent_product(dims, 0, axis);
  const int64_t row = extent_product(dims, axis, dims.size());
  Tensor& out = context.allocate(0, context.input(0).dtype(), dims);
  int64_t filled = 0;
  for (const Tensor& part : parts) {
    const int64_t length = extent_product(part.dims(), axis, dims.size());
    for (int64_t block = 0; block < blocks; ++block) copy_run(out, block * row + filled, part, block * length, length);
    filled += length;
  }
}

ConcatFromSequence import(const ImportContext& context) {
  return {.axis = context.require_int("axis"), .new_axis = context.flag_or("new_axis", false)};
}

}  // namespace

void register_concat_from_sequence(Registry& registry) {
  registry.add<ConcatFromSequence>({.name = "ConcatFromSequence",
                                    .infer = infer,
                                    .reference = reference,
                                    .onnx = {{.name = "ConcatFromSequence", .since = 11, .import = import}},
                                    .traits = Trait::any_kind | Trait::data_dependent});
}

}  // namespace burnish::ops
