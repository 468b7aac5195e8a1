// NegativeLogLikelihood: see the header.
#include "ops/negative_log_likelihood.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"
#include "ops/pointwise_import.h"
#include "ops/softmax.h"

namespace burnish::ops {
namespace {

void check_shapes(const Shape& x, const Shape& targets) {
  if (x.rank() < 2) fail("the input has shape {}; it needs batch and class axes", x.text());
  const Shape wanted = x.replaced(1, 1, {});
  bool fits = targets.rank() == wanted.rank();
  for (size_t axis = 0; fits and axis < wanted.rank(); ++axis)
    fits = not targets[axis].is_constant() or not wanted[axis].is_constant() or targets[axis] == wanted[axis];
  if (not fits) fail("the targets have shape {}, expected {}", targets.text(), wanted.text());
}

void check_weights(const Shape& weights, const Dim& classes) {
  if (weights.rank() != 1 or (weights[0].is_constant() and classes.is_constant() and weights[0] != classes))
    fail("the weights have shape {}, but there are {} classes", weights.text(), classes.text());
}

void infer(const NegativeLogLikelihood& op, InferContext& context) {
  context.expect_inputs(2, 3);
  if (not is_floating(context.dtype(0))) fail("the loss is computed on floating types, not {}", name_of(context.dtype(0)));
  expect_index_type(context, 1, "the targets");
  check_shapes(context.shape(0), context.shape(1));
  if (context.has_input(2)) check_weights(context.shape(2), context.shape(0)[1]);
  context.output(0, context.dtype(0), op.reduction == LossReduction::none ? context.shape(1) : Shape{});
}

void reference(const NegativeLogLikelihood& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Tensor& targets = context.input(1);
  check_shapes(Shape(input.dims()), Shape(targets.dims()));
  const int64_t classes = input.dim(1);
  if (context.has_input(2)) check_weights(Shape(context.input(2).dims()), classes);
  const int64_t inner = extent_product(input.dims(), 2, input.rank());
  const Numbers<double> x(input);
  Tensor& out = context.allocate(0, input.dtype(), op.reduction == LossReduction::none ? targets.dims() : Dims{});
  double sum = 0;
  double weights = 0;
  for (int64_t i = 0; i < targets.size(); ++i) {
    const int64_t target = targets.integer(i);
    const bool ignored = op.ignores and target == op.ignored_class;
    if (not ignored and (target < 0 or target >= classes)) fail("the target {} is out of range for {} classes", target, classes);
    const double weight = ignored ? 0 : context.has_input(2) ? context.input(2).number(target) : 1;
    const double loss = ignored ? 0 : -weight * x[(i / inner * classes + target) * inner + i % inner];
    if (op.reduction == LossReduction::none) out.set_number(i, loss);
    sum += loss;
    weights += weight;
  }
  if (op.reduction != LossReduction::none) out.set_number(0, op.reduction == LossReduction::sum ? sum : sum / weights);
}

NegativeLogLikelihood import(const ImportContext& context) {
  const std::string reduction = context.string_or("reduction", "mean");
  const auto ignored = context.find_int("ignore_index");
  for (size_t i = 0; i < EnumNames<LossReduction>::names.size(); ++i)
    if (EnumNames<LossReduction>::names[i] == reduction)
      return {.reduction = static_cast<LossReduction>(i), .ignores = ignored.has_value(), .ignored_class = ignored.value_or(0)};
  fail("reduction is `{}`; it must be none, sum or mean", reduction);
}

void import_cross_entropy(ImportContext& context) {
  std::vector<ValueId> inputs = required_inputs(context, 2, 3);
  inputs[0] = context.add(Softmax{.axis = 1, .log = true}, {inputs[0]});
  context.set_output(0, context.add(import(context), inputs));
  if (context.wants_output(1)) context.set_output(1, inputs[0]);
}

}  // namespace

void register_negative_log_likelihood(Registry& registry) {
  registry.add<NegativeLogLikelihood>({.name = "NegativeLogLikelihood",
                                       .infer = infer,
                                       .reference = reference,
                                       .onnx = {{.name = "NegativeLogLikelihoodLoss", .since = 12, .import = import},
                                                {.name = "SoftmaxCrossEntropyLoss", .since = 12, .expand = import_cross_entropy}}});
}

}  // namespace burnish::ops
