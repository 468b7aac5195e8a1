// Loop: see the header. A carried size that an iteration changes is a fresh symbol outside.
#include "ops/loop.h"

#include <algorithm>

#include "base/error.h"
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/identity.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/regions.h"

namespace burnish::ops {
namespace {

size_t checked_states(const Loop& op, const Graph& body, size_t outputs) {
  const auto states = static_cast<size_t>(std::max<int64_t>(op.states, 0));
  if (op.states < 0 or body.inputs().size() < 2 + states)
    fail("a Loop of {} states has a body of {} inputs", op.states, body.inputs().size());
  if (body.outputs().size() < 1 + states or outputs > body.outputs().size() - 1)
    fail("a Loop of {} states and {} outputs has a body of {} results", states, outputs, body.outputs().size());
  return states;
}

bool is_true(const Tensor* tensor) { return tensor != nullptr and tensor->size() == 1 and tensor->integer(0) != 0; }

/// True where the body never ends the loop itself: it gives its condition back, or a constant true.
bool never_ends_itself(const Graph& body) {
  ValueId condition = body.outputs()[0];
  for (const Node* node = body.producer(condition); node != nullptr and node->op.is<Identity>(); node = body.producer(condition))
    condition = node->inputs[0];
  return condition == body.inputs()[1] or is_true(body.constant(condition));
}

/// How many iterations there will be; a fresh symbol where only running tells.
Dim trip_count(InferContext& context, const Graph& body) {
  const bool starts = not context.has_input(1) or is_true(context.constant(1));
  const auto limit = context.has_input(0) ? context.values(0) : std::nullopt;
  if (not starts or not limit or limit->size() != 1 or not never_ends_itself(body)) return context.unknown_dim();
  return never_negative(limit->front()) ? limit->front() : max(limit->front(), Dim(0));
}

Shape carried_shape(InferContext& context, const Shape& initial, const Shape& before, const Shape& after, size_t state) {
  if (initial.rank() != before.rank() or initial.rank() != after.rank())
    fail_unsupported("state {} of the Loop changes its rank from {} to {}", state, initial.rank(), after.rank());
  Shape shape;
  for (size_t axis = 0; axis < initial.rank(); ++axis) {
    const bool kept = initial[axis] == before[axis] and initial[axis] == after[axis];
    shape.push_back(kept ? initial[axis] : context.unknown_dim());
  }
  return shape;
}

void infer(const Loop& op, InferContext& context) {
  expect_regions(context, 1);
  const Graph& body = context.regions()[0];
  const size_t states = checked_states(op, body, context.output_count());
  context.expect_inputs(body.inputs().size(), body.inputs().size());
  expect_body_inputs(context, body, 2, body.inputs().size(), 2, "the body");
  for (const size_t i : {0U, 1U})
    if (context.has_input(i)) expect_one_element(context, i, i == 0 ? "the trip count" : "the condition");
  if (context.has_input(0)) expect_index_type(context, 0, "the trip count");
  const Dim trips = trip_count(context, body);
  for (size_t i = 0; i < context.output_count(); ++i) {
    const TensorType& result = result_type(body, 1 + i);
    if (i >= states) {
      if (not result.is_plain()) fail_unsupported("an iteration gives {}, which cannot be stacked with those of the others", result.text());
      const Shape slice = outside_shape(context, body, result.shape);
      context.output(i, result.dtype, Shape{trips}.replaced(1, 0, slice));
      continue;
    }
    const TensorType& initial = context.input(2 + i);
    if (is_optional(initial.kind) and initial.dtype == result.dtype and held_type(context, initial).kind == result.kind) {
      context.output(i, merged_type(context, held_type(context, initial), result));
      continue;
    }
    if (initial.dtype != result.dtype or initial.kind != result.kind)
      fail("state {} of the Loop starts as {}, but an iteration gives {}", i, initial.text(), result.text());
    if (not initial.is_plain() or not result.is_plain()) {
      context.output(i, merged_type(context, initial, result));
      continue;
    }
    context.output(i, result.dtype, carried_shape(context, initial.shape, body.type(body.inputs()[2 + i]).shape, result.shape, i));
  }
}

Tensor shaped_like(Tensor scalar, const TensorType& type) { return type.shape.rank() == 1 ? scalar.reshaped({1}) : scalar.reshaped({}); }

void reference(const Loop& op, EvalContext& context) {
  BURNISH_CHECK(context.regions().size() == 1);
  const Graph& body = context.regions()[0];
  const size_t states = checked_states(op, body, context.output_count());
  const int64_t limit = context.has_input(0) ? single_integer(context.input(0), "the trip count") : INT64_MAX;
  bool going = not context.has_input(1) or single_integer(context.input(1), "the condition") != 0;
  std::vector<Tensor> inputs(body.inputs().size());
  for (size_t i = 2; i < inputs.size(); ++i) inputs[i] = context.input(i);
  std::vector<std::vector<Tensor>> scans(body.outputs().size() - 1 - states);
  for (int64_t iteration = 0; going and iteration < limit; ++iteration) {
    inputs[0] = shaped_like(Tensor::of<int64_t>({}, {iteration}), body.type(body.inputs()[0]));
    inputs[1] = shaped_like(Tensor::of<bool>({}, {true}), body.type(body.inputs()[1]));
    std::vector<Tensor> results = context.run_region(0, inputs);
    going = single_integer(results[0], "the condition that the body gives") != 0;
    for (size_t i = 0; i < states; ++i) {
      const bool wrapped = is_optional(inputs[2 + i].kind()) and not is_optional(results[1 + i].kind());
      inputs[2 + i] = wrapped ? Tensor::optional(std::move(results[1 + i])) : std::move(results[1 + i]);
    }
    for (size_t i = 0; i < scans.size(); ++i) scans[i].push_back(std::move(results[1 + states + i]));
  }
  for (size_t i = 0; i < context.output_count(); ++i) {
    const bool is_state = i < states;
    if (is_state and is_optional(inputs[2 + i].kind()) and not is_optional(result_type(body, 1 + i).kind)) {
      if (inputs[2 + i].held().empty()) fail("state {} of the Loop is an optional that holds nothing, and no iteration changed that", i);
      context.set_output(i, inputs[2 + i].held().front());
      continue;
    }
    context.set_output(i, is_state ? inputs[2 + i] : stacked(scans[i - states], 0, false, result_type(body, 1 + i)));
  }
}

void import(ImportContext& context) {
  std::vector<ValueId> inputs = context.inputs();
  inputs.resize(std::max<size_t>(inputs.size(), 2));
  ImportedRegion body = context.region("body");
  const Loop op{.states = static_cast<int64_t>(inputs.size()) - 2};
  std::vector<ImportedRegion> bodies;
  bodies.push_back(std::move(body));
  add_with_bodies(context, op, std::move(inputs), std::move(bodies));
}

}  // namespace

void register_loop(Registry& registry) {
  registry.add<Loop>({.name = "Loop",
                      .infer = infer,
                      .reference = reference,
                      .onnx = {{.name = "Loop", .since = 1, .expand = import}},
                      .traits = Trait::has_regions | Trait::any_kind});
}

}  // namespace burnish::ops
