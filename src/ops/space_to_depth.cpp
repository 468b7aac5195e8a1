// SpaceToDepth: see the header.
#include "ops/space_to_depth.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

constexpr int64_t most_block = 1 << 20;

Shape gathered(const SpaceToDepth& op, const Shape& data) {
  if (op.block < 1 or op.block > most_block) fail("the block size {} is not between 1 and {}", op.block, most_block);
  for (const size_t axis : {2U, 3U})
    if (data[axis].is_constant() and data[axis].value() % op.block != 0)
      fail("axis {} of size {} does not divide into blocks of {}", axis, data[axis].value(), op.block);
  const Dim block = op.block;
  return {data[0], data[1] * Dim(op.block * op.block), floor_div(data[2], block), floor_div(data[3], block)};
}

void infer(const SpaceToDepth& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  const Shape shape = gathered(op, context.shape(0));
  check_extents(shape);
  context.output(0, context.dtype(0), shape);
}

void reference(const SpaceToDepth& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Dims dims = gathered(op, Shape(data.dims())).dims();
  const int64_t b = op.block;
  const int64_t width = data.dim(3);
  const int64_t plane = data.dim(2) * width;
  const Dims box{dims[0], b, b, data.dim(1), dims[2], dims[3]};
  Tensor& out = context.allocate(0, data.dtype(), dims);
  copy_strided(out, {0, row_major_strides(box)}, data, {0, {data.dim(1) * plane, width, 1, plane, b * width, b}}, box);
}

SpaceToDepth import(const ImportContext& context) { return {.block = context.require_int("blocksize")}; }

}  // namespace

void register_space_to_depth(Registry& registry) {
  registry.add<SpaceToDepth>({.name = "SpaceToDepth",
                              .infer = infer,
                              .reference = reference,
                              .onnx = {{.name = "SpaceToDepth", .since = 1, .import = import}},
                              .traits = Trait::moves_data});
}

}  // namespace burnish::ops
