// OptionalGetElement: what an optional holds; a tensor or sequence is given back as it is. ONNX OptionalGetElement, opsets 15, 18.
// An optional that holds nothing is an error when it is run.
#include "base/error.h"
#include "ops/containers.h"
#include "ops/operator.h"

namespace burnish::ops {

struct OptionalGetElement {
  static constexpr auto fields = std::tuple{};
};

namespace {

void infer(const OptionalGetElement&, InferContext& context) {
  context.expect_inputs(1, 1);
  const TensorType& type = context.input(0);
  context.output(0, is_optional(type.kind) ? held_type(context, type) : type);
}

void reference(const OptionalGetElement&, EvalContext& context) {
  const Tensor& input = context.input(0);
  if (not is_optional(input.kind())) return context.set_output(0, input);
  if (input.held().empty()) fail("the optional holds nothing; ask OptionalHasElement before");
  context.set_output(0, input.held().front());
}

OptionalGetElement import(const ImportContext&) { return {}; }

}  // namespace

void register_optional_get_element(Registry& registry) {
  registry.add<OptionalGetElement>({.name = "OptionalGetElement",
                                    .infer = infer,
                                    .reference = reference,
                                    .onnx = {{.name = "OptionalGetElement", .since = 15, .import = import}},
                                    .traits = Trait::any_kind});
}

}  // namespace burnish::ops
