// RandomFill: a tensor of random numbers, uniform in [low, high) or normal with a mean and a deviation. ONNX RandomUniform, RandomNormal
// and their Like forms, opsets 1, 22. Input: shape i64 [r].
#include "base/error.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace burnish::ops {

struct RandomFill {
  bool normal = false;
  DType dtype = DType::f32;
  double first = 0;   // low, or mean
  double second = 1;  // high, or deviation
  bool seeded = false;
  int64_t seed = 0;
  static constexpr auto fields =
      std::tuple{field("normal", &RandomFill::normal), field("dtype", &RandomFill::dtype),   field("first", &RandomFill::first),
                 field("second", &RandomFill::second), field("seeded", &RandomFill::seeded), field("seed", &RandomFill::seed)};
};

namespace {

void infer(const RandomFill& op, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_index_vector(context, 0, "the shape");
  if (not is_floating(op.dtype)) fail("random numbers are floating, not {}", name_of(op.dtype));
  context.output(0, op.dtype, shape_from_values(context, 0, "the shape"));
}

void reference(const RandomFill& op, EvalContext& context) {
  RandomNumbers random(seed_of(op.seeded, op.seed));
  Tensor& out = context.allocate(0, op.dtype, context.input(0).integers());
  NumbersOut<double> values(out);
  for (int64_t i = 0; i < out.size(); ++i)
    values[i] = op.normal ? op.first + op.second * random.normal() : op.first + (op.second - op.first) * random.uniform();
  values.store();
}

RandomFill filled(const ImportContext& context, DType otherwise) {
  const bool normal = context.op_type().starts_with("RandomNormal");
  const auto seed = context.find_float("seed");
  return {.normal = normal,
          .dtype = context.find_dtype("dtype").value_or(otherwise),
          .first = context.float_or(normal ? "mean" : "low", 0),
          .second = context.float_or(normal ? "scale" : "high", 1),
          .seeded = seed.has_value(),
          .seed = seed_from_float(seed.value_or(0))};
}

void import(ImportContext& context) {
  context.set_output(0, context.add(filled(context, DType::f32), {context.constant_i64(context.require_ints("shape"))}));
}

void import_like(ImportContext& context) {
  if (not context.has_input(0)) fail("input 0 is missing");
  const ValueId like = context.input(0);
  const DType own = context.type(like).dtype;
  const RandomFill op = filled(context, is_floating(own) ? own : DType::f32);
  context.set_output(0, context.add(op, {context.add(ShapeOf{}, {like})}));
}

}  // namespace

void register_random_fill(Registry& registry) {
  registry.add<RandomFill>({.name = "RandomFill",
                            .infer = infer,
                            .reference = reference,
                            .onnx = {{.name = "RandomUniform", .since = 1, .expand = import},
                                     {.name = "RandomNormal", .since = 1, .expand = import},
                                     {.name = "RandomUniformLike", .since = 1, .expand = import_like},
                                     {.name = "RandomNormalLike", .since = 1, .expand = import_like}},
                            .traits = Trait::random});
}

}  // namespace burnish::ops
