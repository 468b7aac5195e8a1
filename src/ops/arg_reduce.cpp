// ArgReduce: see the header.
#include "ops/arg_reduce.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

template <class Size>
std::vector<Size> without_axis(std::vector<Size> dims, size_t axis, bool keep) {
  if (keep) dims[axis] = Size(1);
  else dims.erase(dims.begin() + static_cast<int64_t>(axis));
  return dims;
}

void infer(const ArgReduce& op, InferContext& context) {
  context.expect_inputs(1, 1);
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("this operator compares numbers, not {}", name_of(dtype));
  const Shape& shape = context.shape(0);
  const size_t axis = context.axis(op.axis, shape.rank());
  if (shape[axis] == Dim(0)) fail("axis {} is empty; it has no largest or smallest element", axis);
  context.output(0, DType::i64, Shape(without_axis(std::vector<Dim>(shape.begin(), shape.end()), axis, op.keep_dims)));
}

template <class T>
int64_t best_index(const ArgReduce& op, const T* x, int64_t extent, int64_t stride) {
  int64_t best = 0;
  for (int64_t i = 1; i < extent; ++i) {
    const T value = x[i * stride];
    const T record = x[best * stride];
    if ((op.smallest ? value < record : value > record) or (op.last_on_tie and value == record)) best = i;
  }
  return best;
}

void reference(const ArgReduce& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalized_axis(op.axis, input.rank());
  const int64_t extent = input.dim(axis);
  if (extent == 0) fail("axis {} is empty; it has no largest or smallest element", axis);
  const int64_t inner = extent_product(input.dims(), axis + 1, input.rank());
  Tensor& out = context.allocate(0, DType::i64, without_axis(input.dims(), axis, op.keep_dims));
  with_numbers(input.dtype(), [&](auto type) {
    const Numbers<decltype(type)> x(input);
    for (int64_t i = 0; i < out.size(); ++i)
      out.set_integer(i, best_index(op, x.data() + i / inner * extent * inner + i % inner, extent, inner));
  });
}

ArgReduce import(const ImportContext& context) {
  return {.smallest = context.op_type() == "ArgMin",
          .axis = context.int_or("axis", 0),
          .keep_dims = context.flag_or("keepdims", true),
          .last_on_tie = context.flag_or("select_last_index", false)};
}

}  // namespace

void register_arg_reduce(Registry& registry) {
  registry.add<ArgReduce>({.name = "ArgReduce",
                           .infer = infer,
                           .reference = reference,
                           .onnx = {{.name = "ArgMax", .since = 1, .import = import}, {.name = "ArgMin", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
