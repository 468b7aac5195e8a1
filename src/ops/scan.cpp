// Scan: see the header.
#include "ops/scan.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/regions.h"

namespace burnish::ops {
namespace {

size_t number_of(const std::vector<int64_t>& per_sequence, size_t index, size_t rank) {
  return per_sequence.empty() ? 0 : normalized_axis(per_sequence.at(index), rank);
}

bool is_reversed(const std::vector<int64_t>& flags, size_t index) { return not flags.empty() and flags.at(index) != 0; }

struct Counts {
  size_t states = 0;
  size_t sequences = 0;
  size_t stacked = 0;
};

Counts counts_of(const Scan& op, const Graph& body, size_t outputs) {
  if (op.states < 0 or op.sequences < 1)
    fail("a Scan has {} states and {} sequences; it needs at least one sequence", op.states, op.sequences);
  const Counts counts{static_cast<size_t>(op.states), static_cast<size_t>(op.sequences),
                      body.outputs().size() - std::min(body.outputs().size(), static_cast<size_t>(op.states))};
  const size_t inputs = body.inputs().size();
  if (counts.sequences > inputs or counts.states > inputs - counts.sequences)
    fail("a Scan of {} states and {} sequences has a body of {} inputs", op.states, op.sequences, inputs);
  if (body.outputs().size() < counts.states or outputs > body.outputs().size())
    fail("a Scan of {} states and {} outputs has a body of {} results", op.states, outputs, body.outputs().size());
  const auto check = [](const std::vector<int64_t>& list, size_t count, std::string_view name) {
    if (not list.empty() and list.size() != count) fail("{} has {} entries, but {} are needed", name, list.size(), count);
  };
  check(op.input_axes, counts.sequences, "scan_input_axes");
  check(op.input_reversed, counts.sequences, "scan_input_directions");
  check(op.output_axes, counts.stacked, "scan_output_axes");
  check(op.output_reversed, counts.stacked, "scan_output_directions");
  return counts;
}

/// A type without its batch axis.
Shape without_batch(const Scan& op, const Shape& shape) {
  if (not op.batched) return shape;
  if (shape.rank() == 0) fail("a batched Scan needs inputs with a batch axis");
  return shape.replaced(0, 1, {});
}

Shape with_batch(const Scan& op, const Dim& batch, const Shape& shape) { return op.batched ? Shape{batch}.replaced(1, 0, shape) : shape; }

void infer(const Scan& op, InferContext& context) {
  expect_regions(context, 1);
  const Graph& body = context.regions()[0];
  const Counts counts = counts_of(op, body, context.output_count());
  context.expect_inputs(body.inputs().size(), body.inputs().size());
  const size_t own = counts.states + counts.sequences;
  if (not op.batched) expect_body_inputs(context, body, 0, counts.states, 0, "the body");
  expect_body_inputs(context, body, own, body.inputs().size(), own, "the body");
  std::optional<Dim> steps;
  for (size_t i = 0; i < counts.sequences; ++i) {
    const Shape sequence = without_batch(op, context.shape(counts.states + i));
    const Dim& extent = sequence[number_of(op.input_axes, i, sequence.rank())];
    if (steps and steps->is_constant() and extent.constant().value_or(steps->value()) != steps->value())
      fail("the sequences of a Scan have {} and {} slices", steps->value(), extent.value());
    if (not steps or not steps->is_constant()) steps = extent;
  }
  const Dim batch = op.batched ? context.shape(counts.states)[0] : Dim(1);
  for (size_t i = 0; i < context.output_count(); ++i) {
    const TensorType& result = result_type(body, i);
    Shape shape = outside_shape(context, body, result.shape);
    if (i < counts.states) {
      const TensorType& initial = context.input(i);
      const Shape start = without_batch(op, initial.shape);
      if (initial.dtype != result.dtype or start.rank() != shape.rank())
        fail("state {} of the Scan starts as {}, but an iteration gives {}", i, initial.text(), result.text());
      for (size_t axis = 0; axis < shape.rank(); ++axis)
        if (not(start[axis] == result.shape[axis])) shape[axis] = context.unknown_dim();
    } else {
      shape = shape.replaced(number_of(op.output_axes, i - counts.states, shape.rank() + 1), 0, Shape{*steps});
    }
    context.output(i, result.dtype, with_batch(op, batch, shape));
  }
}

/// One run over whole sequences: `inputs` are those of the node, without a batch axis.
std::vector<Tensor> run_once(const EvalContext& context, const Scan& op, const Graph& body, const Counts& counts,
                             const std::vector<Tensor>& inputs) {
  std::vector<Tensor> current = inputs;
  std::vector<std::vector<Tensor>> slices(counts.stacked);
  const auto axis_of = [&](size_t i) { return number_of(op.input_axes, i, inputs[counts.states + i].rank()); };
  const int64_t steps = inputs[counts.states].dim(axis_of(0));
  for (size_t i = 0; i < counts.sequences; ++i)
    if (const int64_t extent = inputs[counts.states + i].dim(axis_of(i)); extent != steps)
      fail("the sequences of a Scan have {} and {} slices", steps, extent);
  for (int64_t step = 0; step < steps; ++step) {
    for (size_t i = 0; i < counts.sequences; ++i)
      current[counts.states + i] =
          slice_at(inputs[counts.states + i], axis_of(i), is_reversed(op.input_reversed, i) ? steps - 1 - step : step);
    std::vector<Tensor> results = context.run_region(0, current);
    for (size_t i = 0; i < counts.states; ++i) current[i] = std::move(results[i]);
    for (size_t i = 0; i < counts.stacked; ++i) slices[i].push_back(std::move(results[counts.states + i]));
  }
  std::vector<Tensor> outputs(current.begin(), current.begin() + static_cast<std::ptrdiff_t>(counts.states));
  for (size_t i = 0; i < counts.stacked; ++i) {
    const TensorType& slice = result_type(body, counts.states + i);
    outputs.push_back(stacked(slices[i], number_of(op.output_axes, i, slice.shape.rank() + 1), is_reversed(op.output_reversed, i), slice));
  }
  return outputs;
}

std::vector<Tensor> run_batches(const EvalContext& context, const Scan& op, const Graph& body, const Counts& counts,
                                const std::vector<Tensor>& inputs) {
  const size_t own = counts.states + counts.sequences;
  const int64_t batches = inputs[counts.states].dim(0);
  if (batches == 0) fail_unsupported("a batched Scan over an empty batch");
  std::vector<std::vector<Tensor>> entries(counts.states + counts.stacked);
  for (int64_t entry = 0; entry < batches; ++entry) {
    std::vector<Tensor> slices = inputs;
    for (size_t i = 0; i < own; ++i) {
      if (inputs[i].rank() == 0 or inputs[i].dim(0) != batches)
        fail("input {} of a batched Scan has shape {}, but the batch is {}", i, text_of(inputs[i].dims()), batches);
      slices[i] = slice_at(inputs[i], 0, entry);
    }
    std::vector<Tensor> results = run_once(context, op, body, counts, slices);
    for (size_t i = 0; i < results.size(); ++i) entries[i].push_back(std::move(results[i]));
  }
  std::vector<Tensor> outputs;
  for (const std::vector<Tensor>& one : entries)
    outputs.push_back(stacked(one, 0, false, {one.front().dtype(), Shape(one.front().dims()), {}}));
  return outputs;
}

void reference(const Scan& op, EvalContext& context) {
  BURNISH_CHECK(context.regions().size() == 1);
  const Graph& body = context.regions()[0];
  const Counts counts = counts_of(op, body, context.output_count());
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < body.inputs().size(); ++i) inputs.push_back(context.input(i));
  std::vector<Tensor> results = op.batched ? run_batches(context, op, body, counts, inputs) : run_once(context, op, body, counts, inputs);
  for (size_t i = 0; i < context.output_count(); ++i) context.set_output(i, std::move(results[i]));
}

void add_scan(ImportContext& context, Scan op, std::vector<ValueId> inputs) {
  const auto count = static_cast<int64_t>(inputs.size());
  op.sequences = context.require_int("num_scan_inputs");
  if (op.sequences < 1 or op.sequences > count) fail("num_scan_inputs is {}, but there are {} inputs", op.sequences, count);
  op.states = count - op.sequences;
  ImportedRegion body = context.region("body");
  std::vector<ImportedRegion> bodies;
  bodies.push_back(std::move(body));
  add_with_bodies(context, std::move(op), std::move(inputs), std::move(bodies));
}

void import(ImportContext& context) {
  Scan op;
  op.input_axes = context.ints_or("scan_input_axes", {});
  op.input_reversed = context.ints_or("scan_input_directions", {});
  op.output_axes = context.ints_or("scan_output_axes", {});
  op.output_reversed = context.ints_or("scan_output_directions", {});
  add_scan(context, std::move(op), context.inputs());
}

void import_batched(ImportContext& context) {
  if (context.has_input(0)) fail_unsupported("Scan of opset 8 with sequence lengths; convert the model to opset 9 or later");
  std::vector<ValueId> inputs = context.inputs();
  if (not inputs.empty()) inputs.erase(inputs.begin());
  Scan op;
  op.input_reversed = context.ints_or("directions", {});
  op.batched = true;
  add_scan(context, std::move(op), std::move(inputs));
}

}  // namespace

void register_scan(Registry& registry) {
  registry.add<Scan>({.name = "Scan",
                      .infer = infer,
                      .reference = reference,
                      .onnx = {{.name = "Scan", .since = 8, .expand = import_batched}, {.name = "Scan", .since = 9, .expand = import}},
                      .traits = Trait::has_regions});
}

}  // namespace burnish::ops
