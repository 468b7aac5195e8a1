// Slice: see the header. Ends may be far outside, starts and ends may count from the end, steps may be negative.
#include "ops/slice.h"

#include <algorithm>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

std::vector<int64_t> all_axes(size_t count) {
  std::vector<int64_t> axes(count);
  for (size_t i = 0; i < count; ++i) axes[i] = static_cast<int64_t>(i);
  return axes;
}

int64_t from_start(int64_t position, int64_t extent) { return position < 0 ? position + extent : position; }

/// A step that is never made stays within the axis, so that whoever multiplies by it does not overflow.
SliceRange stepping(int64_t extent, int64_t start, int64_t step, int64_t count) {
  return {start, count > 1 ? step : std::clamp(step, -extent, extent), count};
}

SliceRange range_of(int64_t extent, int64_t start, int64_t end, int64_t step) {
  if (extent == 0) return stepping(extent, 0, step, 0);
  if (step > 0) {
    start = std::clamp<int64_t>(from_start(start, extent), 0, extent);
    end = std::clamp<int64_t>(from_start(end, extent), 0, extent);
    return stepping(extent, start, step, end > start ? (end - start - 1) / step + 1 : 0);
  }
  start = std::clamp<int64_t>(from_start(start, extent), 0, extent - 1);
  end = std::clamp<int64_t>(from_start(end, extent), -1, extent - 1);
  const int64_t span = start - end;
  return stepping(extent, start, step, span > 0 ? (span - 1) / -std::max(step, -INT64_MAX) + 1 : 0);
}

void check_lengths(size_t starts, size_t ends, size_t axes, bool has_axes, size_t steps, bool has_steps) {
  if (ends != starts) fail("Slice has {} starts, but {} ends", starts, ends);
  if (has_axes and axes != starts) fail("Slice has {} starts, but {} axes", starts, axes);
  if (has_steps and steps != starts) fail("Slice has {} starts, but {} steps", starts, steps);
}

/// A position on an axis of symbolic size, clamped to [0, extent]. Nothing where its sign is not known.
std::optional<Dim> position_of(const Dim& at, const Dim& extent) {
  constexpr int64_t far = INT32_MAX;
  if (at == extent) return extent;
  if (const auto number = at.constant()) {
    if (*number >= far) return extent;
    if (*number <= -far) return Dim(0);
    return *number < 0 ? max(extent + Dim(*number), Dim(0)) : *number == 0 ? Dim(0) : min(Dim(*number), extent);
  }
  return never_negative(at) ? std::optional(min(at, extent)) : std::nullopt;
}

std::optional<Dim> symbolic_count(const Dim& extent, const Dim& start, const Dim& end, int64_t step) {
  if (step < 0) {
    const bool whole = start == Dim(-1) and end.constant().value_or(0) <= -INT32_MAX;
    return whole ? std::optional(ceil_div(extent, Dim(-step))) : std::nullopt;
  }
  const std::optional<Dim> first = position_of(start, extent);
  const std::optional<Dim> last = position_of(end, extent);
  if (not first or not last) return {};
  const Dim span = *first == Dim(0) ? *last : max(*last - *first, Dim(0));
  return step == 1 ? span : ceil_div(span, Dim(step));
}

struct Parameters {
  std::optional<std::vector<int64_t>> axes;
  std::optional<std::vector<int64_t>> steps;
  std::optional<DimValues> starts;
  std::optional<DimValues> ends;
};

Parameters parameters(const InferContext& context) {
  const size_t rank = context.shape(0).rank();
  for (size_t i = 1; i < 5; ++i)
    if (context.has_input(i)) expect_index_vector(context, i, i == 1 ? "starts" : i == 2 ? "ends" : i == 3 ? "axes" : "steps");
  Parameters known{.axes = {}, .steps = {}, .starts = context.values(1), .ends = context.values(2)};
  const std::optional<size_t> count = known_length(context, 1);
  if (count and *count > rank) fail("Slice has {} starts, but the data has rank {}", *count, rank);
  if (context.has_input(3)) {
    known.axes = context.integers(3);
  } else if (count) {
    known.axes = all_axes(*count);
  }
  if (context.has_input(4)) {
    known.steps = context.integers(4);
  } else if (count) {
    known.steps = std::vector<int64_t>(*count, 1);
  }
  return known;
}

bool is_number(const Dim& dim) { return dim.is_constant(); }

/// What a Slice leaves of a vector or a matrix.
DimValues taken(const DimValues& values, const Shape& data, const std::vector<SliceRange>& ranges) {
  const SliceRange rows = data.rank() == 2 ? ranges[0] : SliceRange{.start = 0, .step = 1, .count = 1};
  const SliceRange& columns = ranges.back();
  DimValues made;
  for (int64_t row = 0; row < rows.count; ++row)
    for (int64_t column = 0; column < columns.count; ++column)
      made.push_back(values.at(
          static_cast<size_t>((rows.start + row * rows.step) * data[data.rank() - 1].value() + columns.start + column * columns.step)));
  return made;
}

void infer(const Slice&, InferContext& context) {
  context.expect_inputs(3, 5);
  const Shape& data = context.shape(0);
  const auto [axes, steps, starts, ends] = parameters(context);
  if (not axes) {
    context.output(0, context.dtype(0), unknown_shape(context, data.rank()));
    return;
  }
  marked_axes(*axes, data.rank());
  const bool known = starts and ends and steps;
  if (known) check_lengths(starts->size(), ends->size(), axes->size(), true, steps->size(), true);
  Shape shape = data;
  std::vector<SliceRange> ranges(data.rank());
  for (size_t i = 0; i < axes->size(); ++i) {
    const size_t axis = normalized_axis((*axes)[i], data.rank());
    if (known and (*steps)[i] == 0) fail("the step for axis {} is 0", axis);
    std::optional<Dim> count;
    if (known and is_number(data[axis]) and is_number((*starts)[i]) and is_number((*ends)[i])) {
      ranges[axis] = range_of(data[axis].value(), (*starts)[i].value(), (*ends)[i].value(), (*steps)[i]);
      count = Dim(ranges[axis].count);
    } else if (known) {
      count = symbolic_count(data[axis], (*starts)[i], (*ends)[i], (*steps)[i]);
    }
    shape[axis] = count ? *count : context.unknown_dim();
  }
  context.output(0, context.dtype(0), shape);
  const auto values = context.values(0);
  if (not values or data.rank() == 0 or not data.is_static() or not shape.is_static()) return;
  for (size_t axis = 0; axis < data.rank(); ++axis)
    if (std::ranges::find(*axes, static_cast<int64_t>(axis)) == axes->end() and
        std::ranges::find(*axes, static_cast<int64_t>(axis) - static_cast<int64_t>(data.rank())) == axes->end())
      ranges[axis].count = data[axis].value();
  context.set_values(0, taken(*values, data, ranges));
}

void reference(const Slice&, EvalContext& context) {
  const Tensor& data = context.input(0);
  const auto list = [&](size_t index) { return context.has_input(index) ? context.input(index).integers() : std::vector<int64_t>(); };
  const auto ranges = slice_ranges(data.dims(), list(1), list(2), list(3), list(4));
  const Dims strides = row_major_strides(data.dims());
  Dims dims;
  StridedView from;
  for (size_t axis = 0; axis < ranges.size(); ++axis) {
    dims.push_back(ranges[axis].count);
    from.first += ranges[axis].start * strides[axis];
    from.strides.push_back(ranges[axis].count > 1 ? ranges[axis].step * strides[axis] : 0);
  }
  Tensor& out = context.allocate(0, data.dtype(), dims);
  copy_strided(out, {0, row_major_strides(dims)}, data, from, dims);
}

Slice import(const ImportContext&) { return {}; }

void import_attributes(ImportContext& context) {
  std::vector<ValueId> inputs{context.input(0), context.constant_i64(context.require_ints("starts")),
                              context.constant_i64(context.require_ints("ends"))};
  if (auto axes = context.find_ints("axes")) inputs.push_back(context.constant_i64(std::move(*axes)));
  context.set_output(0, context.add(Slice{}, std::move(inputs)));
}

}  // namespace

std::vector<SliceRange> slice_ranges(std::span<const int64_t> dims, std::span<const int64_t> starts, std::span<const int64_t> ends,
                                     std::span<const int64_t> axes, std::span<const int64_t> steps) {
  check_lengths(starts.size(), ends.size(), axes.size(), not axes.empty(), steps.size(), not steps.empty());
  if (starts.size() > dims.size()) fail("Slice has {} starts, but the data has rank {}", starts.size(), dims.size());
  const std::vector<int64_t> named = axes.empty() ? all_axes(starts.size()) : std::vector<int64_t>(axes.begin(), axes.end());
  marked_axes(named, dims.size());
  std::vector<SliceRange> ranges;
  for (const int64_t extent : dims) ranges.push_back({0, 1, extent});
  for (size_t i = 0; i < named.size(); ++i) {
    const size_t axis = normalized_axis(named[i], dims.size());
    const int64_t step = steps.empty() ? 1 : steps[i];
    if (step == 0) fail("the step for axis {} is 0", axis);
    ranges[axis] = range_of(dims[axis], starts[i], ends[i], step);
  }
  return ranges;
}

void register_slice(Registry& registry) {
  registry.add<Slice>(
      {.name = "Slice",
       .infer = infer,
       .reference = reference,
       .onnx = {{.name = "Slice", .since = 1, .expand = import_attributes}, {.name = "Slice", .since = 10, .import = import}},
       .traits = Trait::moves_data});
}

}  // namespace burnish::ops
