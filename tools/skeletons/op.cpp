// @Name@: TODO what it computes, in one line. ONNX @Name@, opsets TODO.
#include "ops/operator.h"

namespace burnish::ops {

struct @Name@ {
  int64_t axis = 0;
  static constexpr auto fields = std::tuple{field("axis", &@Name@::axis)};
};

namespace {

// TODO input shapes  ->  output shapes
void infer(const @Name@& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.axis(op.axis, context.shape(0).rank());
  context.output(0, context.input(0));
}

void reference(const @Name@&, EvalContext&) { throw Error("@Name@ has no reference evaluation yet"); }

@Name@ import(const ImportContext& node) { return {.axis = node.int_or("axis", 0)}; }

}  // namespace

void register_@file@(Registry& registry) {
  registry.add<@Name@>({.name = "@Name@", .infer = infer, .reference = reference, .onnx = {{"@Name@", 1, import}}});
}

}  // namespace burnish::ops
