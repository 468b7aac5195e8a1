// Select: see the header.
#include "ops/select.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Select&, InferContext& context) {
  context.expect_inputs(3, 3);
  if (context.dtype(0) != DType::boolean) fail("the condition is {}; it must be boolean", name_of(context.dtype(0)));
  context.expect_same_dtype(1, 2);
  context.output(0, context.dtype(1), broadcast(context.shape(0), broadcast(context.shape(1), context.shape(2))));
}

void reference(const Select&, EvalContext& context) {
  Shape shape;
  for (size_t i = 0; i < 3; ++i) shape = broadcast(shape, Shape(context.input(i).dims()));
  const Dims dims = shape.dims();
  std::vector<std::vector<int64_t>> from;
  for (size_t i = 0; i < 3; ++i) from.push_back(broadcast_indices(context.input(i).dims(), dims));
  Tensor& out = context.allocate(0, context.input(1).dtype(), dims);
  for (size_t i = 0; i < from[0].size(); ++i) {
    const size_t chosen = context.input(0).integer(from[0][i]) != 0 ? 1 : 2;
    copy_run(out, static_cast<int64_t>(i), context.input(chosen), from[chosen][i], 1);
  }
}

}  // namespace

void register_select(Registry& registry) { registry.add<Select>({.name = "Select", .infer = infer, .reference = reference, .onnx = {}}); }

}  // namespace burnish::ops
