// OptionalHasElement: whether an optional holds something, as a boolean scalar. ONNX OptionalHasElement, opsets 15, 18.
// A tensor or sequence counts as holding itself; an omitted input as nothing.
#include "ops/operator.h"

namespace burnish::ops {

struct OptionalHasElement {
  static constexpr auto fields = std::tuple{};
};

namespace {

void infer(const OptionalHasElement&, InferContext& context) {
  context.expect_inputs(0, 1);
  context.output(0, DType::boolean, {});
}

void reference(const OptionalHasElement&, EvalContext& context) {
  const bool given = context.has_input(0);
  const bool has = given and (not is_optional(context.input(0).kind()) or not context.input(0).held().empty());
  context.set_output(0, Tensor::of<bool>({}, {has}));
}

OptionalHasElement import(const ImportContext&) { return {}; }

}  // namespace

void register_optional_has_element(Registry& registry) {
  registry.add<OptionalHasElement>({.name = "OptionalHasElement",
                                    .infer = infer,
                                    .reference = reference,
                                    .onnx = {{.name = "OptionalHasElement", .since = 15, .import = import}},
                                    .traits = Trait::any_kind});
}

}  // namespace burnish::ops
