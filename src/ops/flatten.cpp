// Flatten: see the header.
#include "ops/flatten.h"

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

Shape flattened(const Flatten& op, const Shape& data) {
  const auto rank = static_cast<int64_t>(data.rank());
  if (op.axis < -rank or op.axis > rank) fail("Flatten axis {} is out of range for rank {}", op.axis, rank);
  const int64_t axis = op.axis < 0 ? op.axis + rank : op.axis;
  Dim rows = 1;
  Dim columns = 1;
  for (int64_t i = 0; i < rank; ++i) {
    Dim& side = i < axis ? rows : columns;
    side = side * data[static_cast<size_t>(i)];
  }
  return {rows, columns};
}

void infer(const Flatten& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.output(0, context.dtype(0), flattened(op, context.shape(0)));
}

void reference(const Flatten& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  context.set_output(0, data.reshaped(flattened(op, Shape(data.dims())).dims()));
}

Flatten import(const ImportContext& context) { return {.axis = context.int_or("axis", 1)}; }

}  // namespace

void register_flatten(Registry& registry) {
  registry.add<Flatten>({.name = "Flatten",
                         .infer = infer,
                         .reference = reference,
                         .onnx = {{.name = "Flatten", .since = 1, .import = import}},
                         .traits = Trait::view});
}

}  // namespace burnish::ops
