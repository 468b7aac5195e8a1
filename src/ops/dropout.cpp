// Dropout: elements set to zero at random, and the others scaled up. ONNX Dropout, opsets 1 to 22.
// Where a model is not trained it disappears: its output is its input, and a mask keeps everything.
// Inputs: data, ratio (floating scalar), training mode (boolean scalar). Outputs: data, optional boolean mask.
#include "base/error.h"
#include "ops/constant_of_shape.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace burnish::ops {

struct Dropout {
  bool seeded = false;
  int64_t seed = 0;
  static constexpr auto fields = std::tuple{field("seeded", &Dropout::seeded), field("seed", &Dropout::seed)};
};

namespace {

void infer(const Dropout&, InferContext& context) {
  context.expect_inputs(3, 3);
  if (not is_floating(context.dtype(0)) or not is_floating(context.dtype(1))) fail("data and ratio must be floating");
  if (context.dtype(2) != DType::boolean) fail("the training mode is {}; it must be boolean", name_of(context.dtype(2)));
  expect_one_element(context, 1, "the ratio");
  expect_one_element(context, 2, "the training mode");
  context.output(0, context.input(0));
  if (context.output_count() > 1) context.output(1, DType::boolean, context.shape(0));
}

void reference(const Dropout& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const bool training = single_integer(context.input(2), "the training mode") != 0;
  const double ratio = training ? single_number(context.input(1), "the ratio") : 0;
  if (not(ratio >= 0 and ratio < 1)) fail("the ratio is {}; it must be at least 0 and below 1", ratio);
  RandomNumbers random(seed_of(op.seeded, op.seed));
  const Numbers<double> x(data);
  Tensor& out = context.allocate(0, data.dtype(), data.dims());
  NumbersOut<double> y(out);
  Tensor mask(DType::boolean, data.dims());
  for (int64_t i = 0; i < data.size(); ++i) {
    const bool kept = ratio == 0 or random.uniform() >= ratio;
    mask.set_integer(i, kept ? 1 : 0);
    y[i] = kept ? x[i] / (1 - ratio) : 0;
  }
  y.store();
  if (context.output_count() > 1) context.set_output(1, std::move(mask));
}

/// Opset 12 and later: inputs are the data, the ratio and whether to train.
bool may_train(const ImportContext& context) {
  if (not context.has_input(2)) return false;
  const Tensor* training = context.constant(2);
  if (training != nullptr and single_integer(*training, "training_mode") == 0) return false;
  const Tensor* ratio = context.constant(1);
  return not context.has_input(1) or ratio == nullptr or single_number(*ratio, "the ratio") != 0;
}

void import(ImportContext& context) {
  const ValueId input = required_inputs(context, 1, 3).front();
  if (may_train(context)) {
    const auto seed = context.find_int("seed");
    const ValueId ratio = context.has_input(1) ? context.input(1) : context.constant(scalar(DType::f32, 0.5));
    const auto made = context.add(Dropout{.seeded = seed.has_value(), .seed = seed.value_or(0)}, {input, ratio, context.input(2)},
                                  context.output_count(), {});
    for (size_t i = 0; i < made.size(); ++i) context.set_output(i, made[i]);
    return;
  }
  context.set_output(0, input);
  if (not context.wants_output(1)) return;
  // Before opset 10 the mask has the data's type.
  const DType dtype = context.opset() < 10 ? context.type(input).dtype : DType::boolean;
  context.set_output(1, context.add(ConstantOfShape{.dtype = dtype, .value = 1, .integer = 1}, {context.add(ShapeOf{}, {input})}));
}

}  // namespace

void register_dropout(Registry& registry) {
  registry.add<Dropout>({.name = "Dropout",
                         .infer = infer,
                         .reference = reference,
                         .onnx = {{.name = "Dropout", .since = 1, .expand = import}},
                         .traits = Trait::random});
}

}  // namespace burnish::ops
