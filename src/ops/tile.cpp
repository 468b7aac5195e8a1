// Tile: see the header.
#include "ops/tile.h"

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

Shape tiled(const Shape& data, const DimValues& repeats) {
  if (repeats.size() != data.rank()) fail("Tile has {} repeats, but the data has rank {}", repeats.size(), data.rank());
  Shape shape;
  for (size_t axis = 0; axis < data.rank(); ++axis) {
    if (repeats[axis].constant().value_or(0) < 0) fail("Tile repeats axis {} {} times", axis, repeats[axis].value());
    shape.push_back(data[axis] * repeats[axis]);
  }
  check_extents(shape);
  return shape;
}

void infer(const Tile&, InferContext& context) {
  context.expect_inputs(2, 2);
  expect_index_vector(context, 1, "the repeats");
  const Shape& data = context.shape(0);
  const auto repeats = context.values(1);
  if (not repeats) {
    context.output(0, context.dtype(0), unknown_shape(context, data.rank()));
    return;
  }
  const Shape shape = tiled(data, *repeats);
  context.output(0, context.dtype(0), shape);
  const auto values = context.values(0);
  if (not values or data.rank() != 1 or shape[0].constant().value_or(65) > 64) return;
  DimValues repeated;
  while (static_cast<int64_t>(repeated.size()) < shape[0].value()) repeated.insert(repeated.end(), values->begin(), values->end());
  propagate(context, 0, context.dtype(0), std::move(repeated));
}

void reference(const Tile&, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<int64_t> repeats = context.input(1).integers();
  Tensor& out = context.allocate(0, data.dtype(), tiled(Shape(data.dims()), DimValues(repeats.begin(), repeats.end())).dims());
  if (out.size() == 0) return;
  // Each axis is seen as two: which repetition, and which element of the data.
  Dims box;
  StridedView from;
  const Dims strides = row_major_strides(data.dims());
  for (size_t axis = 0; axis < data.rank(); ++axis) {
    box.insert(box.end(), {repeats[axis], data.dim(axis)});
    from.strides.insert(from.strides.end(), {0, strides[axis]});
  }
  copy_strided(out, {0, row_major_strides(box)}, data, from, box);
}

Tile import(const ImportContext&) { return {}; }

void import_one_axis(ImportContext& context) {
  const auto tiles = context.integers(1);
  const auto axis = context.integers(2);
  if (not tiles or not axis or tiles->size() != 1 or axis->size() != 1)
    fail_unsupported("Tile of opset 1 needs a constant number of tiles and a constant axis");
  const size_t rank = context.type(context.input(0)).shape.rank();
  std::vector<int64_t> repeats(rank, 1);
  repeats[normalized_axis(axis->front(), rank)] = tiles->front();
  context.set_output(0, context.add(Tile{}, {context.input(0), context.constant_i64(std::move(repeats))}));
}

}  // namespace

void register_tile(Registry& registry) {
  registry.add<Tile>({.name = "Tile",
                      .infer = infer,
                      .reference = reference,
                      .onnx = {{.name = "Tile", .since = 1, .expand = import_one_axis}, {.name = "Tile", .since = 6, .import = import}},
                      .traits = Trait::moves_data});
}

}  // namespace burnish::ops
