// Pad: see the header. Every mode is a table per axis that says where each output position is read, or that it is filled.
#include "ops/pad.h"

#include <algorithm>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {

std::vector<int64_t> full_pads(std::span<const int64_t> pads, std::span<const int64_t> axes, size_t rank) {
  const size_t count = axes.empty() ? rank : axes.size();
  if (pads.size() != 2 * count) fail("Pad has {} pads, but {} axes need {}", pads.size(), count, 2 * count);
  if (axes.empty()) return {pads.begin(), pads.end()};
  marked_axes(axes, rank);
  std::vector<int64_t> full(2 * rank, 0);
  for (size_t i = 0; i < count; ++i) {
    const size_t axis = normalized_axis(axes[i], rank);
    full[axis] = pads[i];
    full[rank + axis] = pads[count + i];
  }
  return full;
}

constexpr int64_t filled = -1;

int64_t padded_source(PadMode mode, int64_t at, int64_t extent) {
  if (at >= 0 and at < extent) return at;
  switch (mode) {
    case PadMode::constant: return filled;
    case PadMode::edge: return at < 0 ? 0 : extent - 1;
    case PadMode::wrap: return ((at % extent) + extent) % extent;
    case PadMode::reflect: break;
  }
  if (extent == 1) return 0;
  const int64_t period = 2 * (extent - 1);
  const int64_t phase = ((at % period) + period) % period;
  return phase < extent ? phase : period - phase;
}

namespace {

/// Pads as Dims for each axis, as `full_pads`; nothing where they are not known.
std::optional<DimValues> padded_by(const InferContext& context, size_t rank) {
  const auto pads = context.values(1);
  if (not pads or (context.has_input(3) and not context.integers(3))) return {};
  const auto axes = context.has_input(3) ? *context.integers(3) : std::vector<int64_t>();
  if (context.has_input(3) and axes.empty()) return DimValues(2 * rank, Dim(0));
  std::vector<int64_t> places(pads->size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<int64_t>(i) + 1;
  DimValues by;
  for (const int64_t place : full_pads(places, axes, rank)) by.push_back(place == 0 ? Dim(0) : (*pads)[static_cast<size_t>(place - 1)]);
  return by;
}

void infer(const Pad& op, InferContext& context) {
  context.expect_inputs(2, 4);
  const Shape& data = context.shape(0);
  expect_index_vector(context, 1, "the pads");
  if (context.has_input(2)) {
    context.expect_same_dtype(0, 2);
    expect_one_element(context, 2, "the pad value");
  }
  if (context.has_input(3)) expect_index_vector(context, 3, "the axes");
  const auto by = padded_by(context, data.rank());
  if (not by) {
    context.output(0, context.dtype(0), unknown_shape(context, data.rank()));
    return;
  }
  Shape shape;
  for (size_t axis = 0; axis < data.rank(); ++axis) {
    shape.push_back(data[axis] + (*by)[axis] + (*by)[data.rank() + axis]);
    if (op.mode != PadMode::constant and data[axis] == Dim(0) and shape[axis].constant().value_or(0) > 0)
      fail("axis {} is empty; mode {} has nothing to pad it with", axis, print_field(op.mode));
  }
  check_extents(shape);
  context.output(0, context.dtype(0), shape);
}

std::vector<std::vector<int64_t>> source_tables(PadMode mode, const Dims& from, const Dims& to, std::span<const int64_t> pads) {
  std::vector<std::vector<int64_t>> tables;
  for (size_t axis = 0; axis < from.size(); ++axis) {
    std::vector<int64_t>& table = tables.emplace_back();
    if (from[axis] == 0 and to[axis] > 0 and mode != PadMode::constant)
      fail("axis {} is empty; mode {} has nothing to pad it with", axis, print_field(mode));
    for (int64_t at = 0; at < to[axis]; ++at) table.push_back(padded_source(mode, at - pads[axis], from[axis]));
  }
  return tables;
}

Tensor fill_element(const EvalContext& context, DType dtype) {
  if (not context.has_input(2)) return Tensor(dtype, {});
  if (context.input(2).size() != 1) fail("the pad value must hold one element, but has shape {}", text_of(context.input(2).dims()));
  return context.input(2);
}

void copy_padded(Tensor& out, const Tensor& data, const Tensor& fill, std::span<const std::vector<int64_t>> tables) {
  const Dims strides = row_major_strides(data.dims());
  std::vector<int64_t> index(out.rank(), 0);
  for (int64_t i = 0; i < out.size(); ++i) {
    int64_t from = 0;
    for (size_t axis = 0; axis < index.size() and from != filled; ++axis) {
      const int64_t source = tables[axis][static_cast<size_t>(index[axis])];
      from = source == filled ? filled : from + source * strides[axis];
    }
    if (from == filled) {
      copy_run(out, i, fill, 0, 1);
    } else {
      copy_run(out, i, data, from, 1);
    }
    next_index(out.dims(), index);
  }
}

void reference(const Pad& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<int64_t> axes = context.has_input(3) ? context.input(3).integers() : std::vector<int64_t>();
  const bool none = context.has_input(3) and axes.empty();
  const std::vector<int64_t> pads =
      none ? std::vector<int64_t>(2 * data.rank()) : full_pads(context.input(1).integers(), axes, data.rank());
  Shape shape;
  for (size_t axis = 0; axis < data.rank(); ++axis) shape.push_back(Dim(data.dim(axis)) + Dim(pads[axis]) + Dim(pads[data.rank() + axis]));
  check_extents(shape);
  const Dims dims = shape.dims();
  Tensor& out = context.allocate(0, data.dtype(), dims);
  if (out.size() == 0) return;
  copy_padded(out, data, fill_element(context, data.dtype()), source_tables(op.mode, data.dims(), dims, pads));
}

PadMode import_mode(const ImportContext& context) {
  const std::string mode = context.string_or("mode", "constant");
  for (size_t i = 0; i < EnumNames<PadMode>::names.size(); ++i)
    if (EnumNames<PadMode>::names[i] == mode) return static_cast<PadMode>(i);
  fail("the mode `{}` is not known; Pad has constant, reflect, edge and wrap", mode);
}

Pad import(const ImportContext& context) { return {.mode = import_mode(context)}; }

void import_attributes(ImportContext& context) {
  Tensor value(context.type(context.input(0)).dtype, {});
  if (const double number = context.float_or("value", 0); number != 0) value.set_number(0, number);
  const std::vector<int64_t> pads = context.require_ints(context.opset() < 2 ? "paddings" : "pads");
  context.set_output(0, context.add(import(context), {context.input(0), context.constant_i64(pads), context.constant(std::move(value))}));
}

}  // namespace

void register_pad(Registry& registry) {
  registry.add<Pad>({.name = "Pad",
                     .infer = infer,
                     .reference = reference,
                     .onnx = {{.name = "Pad", .since = 1, .expand = import_attributes}, {.name = "Pad", .since = 11, .import = import}},
                     .traits = Trait::moves_data});
}

}  // namespace burnish::ops
