// Split: see the header.
#include "ops/split.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

/// The parts' extents without a split input: equal, the last one smaller.
std::vector<Dim> equal_parts(const Dim& extent, size_t count) {
  const Dim part = ceil_div(extent, Dim(static_cast<int64_t>(count)));
  const bool even = part * Dim(static_cast<int64_t>(count)) == extent;
  std::vector<Dim> parts;
  for (size_t i = 0; i < count; ++i) {
    const Dim left = max(extent - part * Dim(static_cast<int64_t>(i)), Dim(0));
    parts.push_back(even or (i == 0 and count > 1) ? part : i + 1 == count ? left : min(part, left));
  }
  return parts;
}

void check_parts(std::span<const int64_t> parts, size_t outputs, const Dim& extent) {
  if (parts.size() != outputs) fail("Split has {} sizes, but {} outputs", parts.size(), outputs);
  int64_t sum = 0;
  for (const int64_t part : parts) {
    if (part < 0) fail("Split has the negative size {}", part);
    if (__builtin_add_overflow(sum, part, &sum)) fail("the sizes of Split add up to more than 2^63 - 1");
  }
  if (extent.constant().value_or(sum) != sum) fail("the sizes of Split add up to {}, but the axis has size {}", sum, extent.value());
}

std::vector<Dim> part_extents(InferContext& context, const Dim& extent) {
  const size_t count = context.output_count();
  if (not context.has_input(1)) return equal_parts(extent, count);
  expect_index_vector(context, 1, "the split sizes");
  if (const auto parts = context.integers(1)) check_parts(*parts, count, extent);
  if (const auto parts = context.values(1)) {
    if (parts->size() != count) fail("Split has {} sizes, but {} outputs", parts->size(), count);
    return *parts;
  }
  std::vector<Dim> unknown;
  for (size_t i = 0; i < count; ++i) unknown.push_back(context.unknown_dim());
  return unknown;
}

void infer(const Split& op, InferContext& context) {
  context.expect_inputs(1, 2);
  const Shape& data = context.shape(0);
  const size_t axis = context.axis(op.axis, data.rank());
  const std::vector<Dim> parts = part_extents(context, data[axis]);
  const bool all_known = std::ranges::all_of(parts, [](const Dim& part) { return part.is_constant(); });
  const auto values = data.rank() == 1 and all_known ? context.values(0) : std::nullopt;
  size_t taken = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    Shape shape = data;
    shape[axis] = parts[i];
    context.output(i, context.dtype(0), shape);
    if (not values) continue;
    const auto first = values->begin() + static_cast<std::ptrdiff_t>(taken);
    context.set_values(i, DimValues(first, first + parts[i].value()));
    taken += static_cast<size_t>(parts[i].value());
  }
}

void reference(const Split& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const size_t axis = normalized_axis(op.axis, data.rank());
  std::vector<int64_t> parts;
  if (context.has_input(1)) {
    parts = context.input(1).integers();
    check_parts(parts, context.output_count(), data.dim(axis));
  } else {
    for (const Dim& part : equal_parts(data.dim(axis), context.output_count())) parts.push_back(part.value());
  }
  const int64_t blocks = extent_product(data.dims(), 0, axis);
  const int64_t inner = extent_product(data.dims(), axis + 1, data.rank());
  int64_t taken = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    Dims dims = data.dims();
    dims[axis] = parts[i];
    Tensor& out = context.allocate(i, data.dtype(), dims);
    for (int64_t block = 0; block < blocks; ++block)
      copy_run(out, block * parts[i] * inner, data, (block * data.dim(axis) + taken) * inner, parts[i] * inner);
    taken += parts[i];
  }
}

Split import(const ImportContext& context) {
  const auto wanted = context.find_int("num_outputs");
  if (wanted and *wanted != static_cast<int64_t>(context.output_count()))
    fail("num_outputs is {}, but the node has {} outputs", *wanted, context.output_count());
  return {.axis = context.int_or("axis", 0)};
}

void import_attribute(ImportContext& context) {
  const auto made = context.add(import(context), inputs_with_ints(context, "split", 1), context.output_count());
  for (size_t i = 0; i < made.size(); ++i) context.set_output(i, made[i]);
}

}  // namespace

void register_split(Registry& registry) {
  registry.add<Split>(
      {.name = "Split",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Split", .since = 1, .expand = import_attribute}, {.name = "Split", .since = 13, .import = import}},
       .traits = Trait::moves_data});
}

}  // namespace burnish::ops
