// SplitToSequence: a tensor cut along an axis into a sequence of parts. ONNX SplitToSequence, opsets 11, 24.
// Inputs: data, optional split (i32 or i64): one size for all parts but a smaller last one, or a list of sizes. Without it every part has
// size 1, and the axis goes unless `keep_dims`.
#include <algorithm>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/containers.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/operator.h"
#include "ops/sequences.h"

namespace burnish::ops {

namespace {

/// The one size that all parts have; nothing where they may differ.
std::optional<Dim> common_size(const InferContext& context, const Dim& extent) {
  if (not context.has_input(1)) return Dim(1);
  const auto sizes = context.integers(1);
  if (not sizes or sizes->empty()) return {};
  if (context.shape(1).rank() == 0) {
    const bool even = extent.is_constant() and sizes->front() > 0 and extent.value() % sizes->front() == 0;
    return even ? std::optional(Dim(sizes->front())) : std::nullopt;
  }
  const bool equal = std::ranges::all_of(*sizes, [&](int64_t size) { return size == sizes->front(); });
  return equal ? std::optional(Dim(sizes->front())) : std::nullopt;
}

void infer(const SplitToSequence& op, InferContext& context) {
  context.expect_inputs(1, 2);
  TensorType part = context.input(0);
  const size_t axis = context.axis(op.axis, part.shape.rank());
  if (context.has_input(1)) expect_index_vector(context, 1, "the split sizes", true);
  if (not context.has_input(1) and not op.keep_dims) {
    part.shape = part.shape.replaced(axis, 1, {});
  } else {
    const std::optional<Dim> size = common_size(context, part.shape[axis]);
    if (size and size->value() < 0) fail("the sizes to split into are {}", size->value());
    part.shape[axis] = size ? *size : context.unknown_dim();
  }
  context.output(0, sequence_type(part));
}

std::vector<int64_t> part_sizes(const EvalContext& context, int64_t extent) {
  if (not context.has_input(1)) return std::vector<int64_t>(static_cast<size_t>(extent), 1);
  std::vector<int64_t> sizes = context.input(1).integers();
  if (context.input(1).rank() == 0) {
    const int64_t size = sizes.front();
    if (size <= 0) fail("a part of the split has the size {}", size);
    sizes.assign(static_cast<size_t>(extent / size), size);
    if (extent % size != 0) sizes.push_back(extent % size);
  }
  int64_t sum = 0;
  for (const int64_t size : sizes)
    if (size < 0 or __builtin_add_overflow(sum, size, &sum)) fail("a part of the split has the size {}", size);
  if (sum != extent) fail("the sizes of the split add up to {}, but the axis has size {}", sum, extent);
  return sizes;
}

void reference(const SplitToSequence& op, EvalContext& context) {
  const Tensor& data = context.input(0);
  const size_t axis = normalized_axis(op.axis, data.rank());
  const bool drop_axis = not context.has_input(1) and not op.keep_dims;
  const int64_t blocks = extent_product(data.dims(), 0, axis);
  const int64_t inner = extent_product(data.dims(), axis + 1, data.rank());
  std::vector<Tensor> parts;
  int64_t taken = 0;
  for (const int64_t size : part_sizes(context, data.dim(axis))) {
    Dims dims = data.dims();
    dims[axis] = size;
    Tensor part = Tensor::uninitialized(data.dtype(), dims);
    for (int64_t block = 0; block < blocks; ++block)
      copy_run(part, block * size * inner, data, (block * data.dim(axis) + taken) * inner, size * inner);
    taken += size;
    if (drop_axis) dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
    parts.push_back(drop_axis ? part.reshaped(dims) : part);
  }
  context.set_output(0, Tensor::sequence(data.dtype(), std::move(parts)));
}

SplitToSequence import(const ImportContext& context) {
  return {.axis = context.int_or("axis", 0), .keep_dims = context.flag_or("keepdims", true)};
}

}  // namespace

void register_split_to_sequence(Registry& registry) {
  registry.add<SplitToSequence>({.name = "SplitToSequence",
                                 .infer = infer,
                                 .reference = reference,
                                 .onnx = {{.name = "SplitToSequence", .since = 11, .import = import}}});
}

}  // namespace burnish::ops
