// Optional: an optional that holds the input, or, without one, nothing. ONNX Optional, opset 15.
#include "base/error.h"
#include "ops/containers.h"
#include "ops/operator.h"

namespace burnish::ops {

struct Optional {
  // What it could hold, where it holds nothing.
  DType dtype = DType::f32;
  bool of_sequence = false;
  static constexpr auto fields = std::tuple{field("dtype", &Optional::dtype), field("of_sequence", &Optional::of_sequence)};
};

namespace {

ValueKind empty_kind(const Optional& op) { return op.of_sequence ? ValueKind::optional_sequence : ValueKind::optional; }

void infer(const Optional& op, InferContext& context) {
  context.expect_inputs(0, 1);
  if (context.has_input(0)) return context.output(0, optional_type(with_fresh_sizes(context, context.input(0))));
  TensorType type;
  type.dtype = op.dtype;
  type.kind = empty_kind(op);
  type.known = Known::no_tensor;
  context.output(0, std::move(type));
}

void reference(const Optional& op, EvalContext& context) {
  context.set_output(0, context.has_input(0) ? Tensor::optional(context.input(0)) : Tensor::nothing(empty_kind(op), op.dtype));
}

Optional import(const ImportContext& context) {
  if (context.has_input(0)) return {};
  const std::optional<TensorType> type = context.find_type("type");
  if (not type) fail("an Optional without an input needs the attribute `type`");
  return {.dtype = type->dtype, .of_sequence = type->kind == ValueKind::sequence};
}

}  // namespace

void register_optional(Registry& registry) {
  registry.add<Optional>({.name = "Optional",
                          .infer = infer,
                          .reference = reference,
                          .onnx = {{.name = "Optional", .since = 15, .import = import}},
                          .traits = Trait::any_kind});
}

}  // namespace burnish::ops
