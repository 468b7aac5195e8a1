// Size: the number of elements of a tensor, as an i64 scalar. ONNX Size, opsets 1 to 25.
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {

struct SizeOf {
  static constexpr auto fields = std::tuple{};
};

namespace {

void infer(const SizeOf&, InferContext& context) {
  context.expect_inputs(1, 1);
  context.output(0, DType::i64, {});
  propagate(context, 0, DType::i64, {context.shape(0).size()});
}

void reference(const SizeOf&, EvalContext& context) { context.set_output(0, Tensor::of<int64_t>({}, {context.input(0).size()})); }

SizeOf import(const ImportContext&) { return {}; }

}  // namespace

void register_size(Registry& registry) {
  registry.add<SizeOf>({.name = "Size", .infer = infer, .reference = reference, .onnx = {{.name = "Size", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
