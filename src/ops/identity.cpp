// Identity: see the header.
#include "ops/identity.h"

#include "ops/operator.h"

namespace burnish::ops {
namespace {

void infer(const Identity&, InferContext& context) {
  context.expect_inputs(1, 1);
  context.output(0, context.input(0));
  if (auto values = context.values(0)) context.set_values(0, std::move(*values));
}

void reference(const Identity&, EvalContext& context) { context.set_output(0, context.input(0)); }

Identity import(const ImportContext&) { return {}; }

}  // namespace

void register_identity(Registry& registry) {
  registry.add<Identity>({.name = "Identity",
                          .infer = infer,
                          .reference = reference,
                          .onnx = {{.name = "Identity", .since = 1, .import = import}},
                          .traits = Trait::view | Trait::any_kind});
}

}  // namespace burnish::ops
