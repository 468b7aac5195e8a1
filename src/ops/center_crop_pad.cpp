// CenterCropPad: axes cropped or zero-padded around their centre to given sizes. ONNX CenterCropPad, opset 18.
// Inputs: data, shape (one size for each of `axes`; empty axes mean all).
#include <algorithm>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {

struct CenterCropPad {
  std::vector<int64_t> axes;
  static constexpr auto fields = std::tuple{field("axes", &CenterCropPad::axes)};
};

namespace {

Shape resized(const CenterCropPad& op, Shape shape, std::span<const Dim> sizes) {
  if (sizes.size() != (op.axes.empty() ? shape.rank() : op.axes.size()))
    fail("there are {} sizes for axes {} of rank {}", sizes.size(), print_field(op.axes), shape.rank());
  marked_axes(op.axes, shape.rank());
  for (size_t i = 0; i < sizes.size(); ++i) shape[op.axes.empty() ? i : normalized_axis(op.axes[i], shape.rank())] = sizes[i];
  check_extents(shape);
  return shape;
}

void infer(const CenterCropPad& op, InferContext& context) {
  context.expect_inputs(2, 2);
  const Shape& data = context.shape(0);
  const Shape sizes = shape_from_values(context, 1, "the shape");
  context.output(0, context.dtype(0), resized(op, data, sizes.axes()));
}

void reference(const CenterCropPad& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const std::vector<int64_t> sizes = context.input(1).integers();
  const Dims dims = resized(op, Shape(data.dims()), DimValues(sizes.begin(), sizes.end())).dims();
  StridedView from{0, row_major_strides(data.dims())};
  StridedView to{0, row_major_strides(dims)};
  Dims box;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t larger = data.dim(axis) - dims[axis];
    from.first += std::max<int64_t>(larger, 0) / 2 * from.strides[axis];
    to.first += std::max<int64_t>(-larger, 0) / 2 * to.strides[axis];
    box.push_back(std::min(data.dim(axis), dims[axis]));
  }
  const Tensor zero(data.dtype(), {});
  Tensor& out = context.allocate(0, data.dtype(), dims);
  fill_run(out, 0, out.size(), zero);
  copy_strided(out, to, data, from, box);
}

CenterCropPad import(const ImportContext& context) { return {.axes = context.ints_or("axes", {})}; }

}  // namespace

void register_center_crop_pad(Registry& registry) {
  registry.add<CenterCropPad>({.name = "CenterCropPad",
                               .infer = infer,
                               .reference = reference,
                               .onnx = {{.name = "CenterCropPad", .since = 18, .import = import}},
                               .traits = Trait::moves_data});
}

}  // namespace burnish::ops
