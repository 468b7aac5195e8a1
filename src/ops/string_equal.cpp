// StringEqual: see the header.
#include "ops/string_equal.h"

#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/strings.h"

namespace burnish::ops {
namespace {

void infer(const StringEqual&, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_strings(context, 0);
  expect_strings(context, 1);
  context.output(0, DType::boolean, broadcast(context.shape(0), context.shape(1)));
}

void reference(const StringEqual&, EvalContext& context) {
  const Tensor& a = context.input(0);
  const Tensor& b = context.input(1);
  const Dims dims = broadcast(Shape(a.dims()), Shape(b.dims())).dims();
  const std::vector<int64_t> from_a = broadcast_indices(a.dims(), dims);
  const std::vector<int64_t> from_b = broadcast_indices(b.dims(), dims);
  Tensor& out = context.allocate(0, DType::boolean, dims);
  for (size_t i = 0; i < from_a.size(); ++i)
    out.set_integer(static_cast<int64_t>(i),
                    a.strings()[static_cast<size_t>(from_a[i])] == b.strings()[static_cast<size_t>(from_b[i])] ? 1 : 0);
}

}  // namespace

void register_string_equal(Registry& registry) {
  registry.add<StringEqual>({.name = "StringEqual", .infer = infer, .reference = reference, .onnx = {}});
}

}  // namespace burnish::ops
