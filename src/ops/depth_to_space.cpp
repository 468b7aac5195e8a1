// DepthToSpace: see the header.
#include "ops/depth_to_space.h"

#include "base/error.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

constexpr int64_t most_block = 1 << 20;

Shape spread(const DepthToSpace& op, const Shape& data) {
  if (op.block < 1 or op.block > most_block) fail("the block size {} is not between 1 and {}", op.block, most_block);
  const Dim block = op.block;
  const Dim area = op.block * op.block;
  if (data[1].is_constant() and data[1].value() % area.value() != 0)
    fail("{} channels do not divide into blocks of {}", data[1].value(), area.value());
  return {data[0], floor_div(data[1], area), data[2] * block, data[3] * block};
}

void infer(const DepthToSpace& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 4);
  const Shape shape = spread(op, context.shape(0));
  check_extents(shape);
  context.output(0, context.dtype(0), shape);
}

void reference(const DepthToSpace& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Dims dims = spread(op, Shape(data.dims())).dims();
  const int64_t b = op.block;
  const int64_t height = data.dim(2);
  const int64_t width = data.dim(3);
  const int64_t plane = height * width;
  const int64_t channels = dims[1];
  // Channel (row, column, c) or (c, row, column): the strides of c, row and column within the channels of the input.
  const int64_t row = (op.columns_first ? b : b * channels) * plane;
  const int64_t column = (op.columns_first ? 1 : channels) * plane;
  const int64_t channel = (op.columns_first ? b * b : 1) * plane;
  const Dims box{dims[0], channels, height, b, width, b};
  Tensor& out = context.allocate(0, data.dtype(), dims);
  copy_strided(out, {0, row_major_strides(box)}, data, {0, {data.dim(1) * plane, channel, width, row, 1, column}}, box);
}

DepthToSpace import(const ImportContext& context) {
  const std::string mode = context.string_or("mode", "DCR");
  if (mode != "DCR" and mode != "CRD") fail("the mode `{}` is not known; DepthToSpace has DCR and CRD", mode);
  return {.block = context.require_int("blocksize"), .columns_first = mode == "CRD"};
}

}  // namespace

void register_depth_to_space(Registry& registry) {
  registry.add<DepthToSpace>({.name = "DepthToSpace",
                              .infer = infer,
                              .reference = reference,
                              .onnx = {{.name = "DepthToSpace", .since = 1, .import = import}},
                              .traits = Trait::moves_data});
}

}  // namespace burnish::ops
