// Bernoulli: 1 with the probability that stands in the input, else 0. ONNX Bernoulli, opsets 15, 22.
#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/random.h"

namespace burnish::ops {

struct Bernoulli {
  DType dtype = DType::f32;
  bool seeded = false;
  int64_t seed = 0;
  static constexpr auto fields =
      std::tuple{field("dtype", &Bernoulli::dtype), field("seeded", &Bernoulli::seeded), field("seed", &Bernoulli::seed)};
};

namespace {

void infer(const Bernoulli& op, InferContext& context) {
  context.expect_inputs(1, 1);
  if (not is_floating(context.dtype(0))) fail("the probabilities are {}; they must be floating", name_of(context.dtype(0)));
  if (op.dtype == DType::string or is_complex(op.dtype)) fail("the output cannot be {}", name_of(op.dtype));
  context.output(0, op.dtype, context.shape(0));
}

void reference(const Bernoulli& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  RandomNumbers random(seed_of(op.seeded, op.seed));
  const Numbers<double> probability(input);
  Tensor& out = context.allocate(0, op.dtype, input.dims());
  for (int64_t i = 0; i < input.size(); ++i) out.set_number(i, random.uniform() < probability[i] ? 1 : 0);
}

void import(ImportContext& context) {
  if (not context.has_input(0)) fail("input 0 is missing");
  const auto seed = context.find_float("seed");
  context.set_output(0, context.add(Bernoulli{.dtype = context.find_dtype("dtype").value_or(context.type(context.input(0)).dtype),
                                              .seeded = seed.has_value(),
                                              .seed = seed_from_float(seed.value_or(0))},
                                    {context.input(0)}));
}

}  // namespace

void register_bernoulli(Registry& registry) {
  registry.add<Bernoulli>({.name = "Bernoulli",
                           .infer = infer,
                           .reference = reference,
                           .onnx = {{.name = "Bernoulli", .since = 15, .expand = import}},
                           .traits = Trait::random});
}

}  // namespace burnish::ops
