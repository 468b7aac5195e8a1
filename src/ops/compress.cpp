// Compress: the slices along an axis (or, without one, the elements) whose condition holds. ONNX Compress, opsets 9, 11.
// Inputs: data, condition (boolean, rank 1; it may be shorter than the axis).
#include <algorithm>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/elements.h"
#include "ops/operator.h"

namespace burnish::ops {

struct Compress {
  bool flat = true;
  int64_t axis = 0;  // unless flat
  static constexpr auto fields = std::tuple{field("flat", &Compress::flat), field("axis", &Compress::axis)};
};

namespace {

void infer(const Compress& op, InferContext& context) {
  context.expect_inputs(2, 2);
  context.expect_rank(1, 1);
  if (context.dtype(1) != DType::boolean) fail("the condition must be boolean, but is {}", name_of(context.dtype(1)));
  Shape shape = context.shape(0);
  if (op.flat) {
    shape = {context.unknown_dim()};
  } else {
    shape[context.axis(op.axis, shape.rank())] = context.unknown_dim();
  }
  context.output(0, context.dtype(0), shape);
}

void reference(const Compress& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& condition = context.input(1);
  Dims dims = op.flat ? Dims{data.size()} : data.dims();
  const size_t axis = op.flat ? 0 : normalized_axis(op.axis, dims.size());
  const int64_t extent = dims[axis];
  if (condition.size() > extent) fail("the condition has {} elements, but the axis has size {}", condition.size(), extent);
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < condition.size(); ++i)
    if (condition.integer(i) != 0) kept.push_back(i);
  const auto count = static_cast<int64_t>(kept.size());
  const int64_t blocks = extent_product(dims, 0, axis);
  const int64_t inner = extent_product(dims, axis + 1, dims.size());
  dims[axis] = count;
  Tensor& out = context.allocate(0, data.dtype(), dims);
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t i = 0; i < count; ++i)
      copy_run(out, (block * count + i) * inner, data, (block * extent + kept[static_cast<size_t>(i)]) * inner, inner);
}

Compress import(const ImportContext& context) { return {.flat = not context.has_attribute("axis"), .axis = context.int_or("axis", 0)}; }

}  // namespace

void register_compress(Registry& registry) {
  registry.add<Compress>({.name = "Compress",
                          .infer = infer,
                          .reference = reference,
                          .onnx = {{.name = "Compress", .since = 9, .import = import}},
                          .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
