// If: see the header. Where the branches differ in a size, the result's size is a fresh symbol; where they differ in rank, it has none.
// A branch that cannot run says nothing about the results.
#include "ops/if.h"

#include "base/error.h"
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/impossible.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/regions.h"

namespace burnish::ops {
namespace {

/// The condition where it is known already.
std::optional<bool> known_condition(const InferContext& context) {
  if (const Tensor* condition = context.constant(0)) return single_integer(*condition, "the condition") != 0;
  const auto values = context.integers(0);
  return values and values->size() == 1 ? std::optional(values->front() != 0) : std::nullopt;
}

TensorType merged(InferContext& context, size_t output) {
  const Graph& then_body = context.regions()[0];
  const Graph& else_body = context.regions()[1];
  const TensorType& then_type = result_type(then_body, output);
  const TensorType& else_type = result_type(else_body, output);
  if (is_impossible(then_body)) return outside_type(context, else_body, else_type);
  if (is_impossible(else_body)) return outside_type(context, then_body, then_type);
  if (then_type.dtype != else_type.dtype or then_type.kind != else_type.kind)
    fail("output {} is {} in one branch, but {} in the other", output, then_type.text(), else_type.text());
  if (not then_type.is_plain() or not else_type.is_plain() or then_type.shape.rank() != else_type.shape.rank())
    return merged_type(context, then_type, else_type);
  Shape shape;
  for (size_t axis = 0; axis < then_type.shape.rank(); ++axis) {
    const Dim& dim = then_type.shape[axis];
    const bool same = dim == else_type.shape[axis] and known_outside(context, then_body, dim) and known_outside(context, else_body, dim);
    shape.push_back(same ? dim : context.unknown_dim());
  }
  return {then_type.dtype, shape, {}};
}

void infer(const If&, InferContext& context) {
  expect_regions(context, 2);
  const Graph& then_body = context.regions()[0];
  const Graph& else_body = context.regions()[1];
  if (context.dtype(0) != DType::boolean) fail("the condition is {}, but must be boolean", name_of(context.dtype(0)));
  expect_one_element(context, 0, "the condition");
  const size_t inputs = 1 + then_body.inputs().size() + else_body.inputs().size();
  context.expect_inputs(inputs, inputs);
  expect_body_inputs(context, then_body, 0, then_body.inputs().size(), 1, "the then branch");
  expect_body_inputs(context, else_body, 0, else_body.inputs().size(), 1 + then_body.inputs().size(), "the else branch");
  const size_t outputs = context.output_count();
  if (then_body.outputs().size() < outputs or else_body.outputs().size() < outputs)
    fail("the branches give {} and {} results, but the node has {} outputs", then_body.outputs().size(), else_body.outputs().size(),
         outputs);
  const std::optional<bool> condition = known_condition(context);
  for (size_t i = 0; i < outputs; ++i) {
    if (condition) {
      const Graph& body = *condition ? then_body : else_body;
      context.output(i, outside_type(context, body, result_type(body, i)));
    } else {
      context.output(i, merged(context, i));
    }
  }
}

void reference(const If&, EvalContext& context) {
  BURNISH_CHECK(context.regions().size() == 2);
  const bool condition = single_integer(context.input(0), "the condition") != 0;
  const Graph& body = context.regions()[condition ? 0 : 1];
  const size_t first = condition ? 1 : 1 + context.regions()[0].inputs().size();
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < body.inputs().size(); ++i) inputs.push_back(context.input(first + i));
  std::vector<Tensor> results = context.run_region(condition ? 0 : 1, inputs);
  for (size_t i = 0; i < context.output_count(); ++i) context.set_output(i, std::move(results.at(i)));
}

/// The branch that will not run, because the condition is known: it need not fit the sizes at hand.
ImportedRegion untaken(ImportContext& context, std::string_view name, const Graph& taken) {
  try {
    return context.region(name);
  } catch (const Error& error) {
    if (error.code() != StatusCode::invalid_argument and error.code() != StatusCode::unsupported) throw;
    return {.graph = impossible_body(taken, error.what()), .captured = {}};
  }
}

std::pair<ImportedRegion, ImportedRegion> branches(ImportContext& context) {
  const auto condition = context.integers(0);
  if (not condition or condition->size() != 1) return {context.region("then_branch"), context.region("else_branch")};
  const bool first = condition->front() != 0;
  ImportedRegion taken = context.region(first ? "then_branch" : "else_branch");
  ImportedRegion other = untaken(context, first ? "else_branch" : "then_branch", taken.graph);
  return first ? std::pair{std::move(taken), std::move(other)} : std::pair{std::move(other), std::move(taken)};
}

void import(ImportContext& context) {
  if (not context.has_input(0)) fail("If needs a condition");
  auto [then_branch, else_branch] = branches(context);
  std::vector<ImportedRegion> bodies;
  bodies.push_back(std::move(then_branch));
  bodies.push_back(std::move(else_branch));
  add_with_bodies(context, If{}, {context.input(0)}, std::move(bodies));
}

}  // namespace

void register_if(Registry& registry) {
  registry.add<If>({.name = "If",
                    .infer = infer,
                    .reference = reference,
                    .onnx = {{.name = "If", .since = 1, .expand = import}},
                    .traits = Trait::has_regions | Trait::any_kind});
}

}  // namespace burnish::ops
