// StringConcat: each string followed by its partner, with broadcasting. ONNX StringConcat, opset 20.
#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/strings.h"

namespace burnish::ops {

struct StringConcat {
  static constexpr auto fields = std::tuple{};
};

namespace {

void infer(const StringConcat&, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_strings(context, 0);
  expect_strings(context, 1);
  context.output(0, DType::string, broadcast(context.shape(0), context.shape(1)));
}

void reference(const StringConcat&, EvalContext& context) {
  const Tensor& a = context.input(0);
  const Tensor& b = context.input(1);
  const Dims dims = broadcast(Shape(a.dims()), Shape(b.dims())).dims();
  const std::vector<int64_t> from_a = broadcast_indices(a.dims(), dims);
  const std::vector<int64_t> from_b = broadcast_indices(b.dims(), dims);
  std::vector<std::string> joined(from_a.size());
  for (size_t i = 0; i < joined.size(); ++i)
    joined[i] = a.strings()[static_cast<size_t>(from_a[i])] + b.strings()[static_cast<size_t>(from_b[i])];
  context.set_output(0, Tensor::of_strings(dims, std::move(joined)));
}

StringConcat import(const ImportContext&) { return {}; }

}  // namespace

void register_string_concat(Registry& registry) {
  registry.add<StringConcat>(
      {.name = "StringConcat", .infer = infer, .reference = reference, .onnx = {{.name = "StringConcat", .since = 20, .import = import}}});
}

}  // namespace burnish::ops
