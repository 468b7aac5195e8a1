// Checks of axes: an untrusted model may name any.
#include "ops/axes.h"

#include "base/error.h"

namespace burnish::ops {

size_t normalized_axis(int64_t axis, size_t rank) {
  const auto limit = static_cast<int64_t>(rank);
  if (axis < -limit or axis >= limit) fail("axis {} is out of range for rank {}", axis, rank);
  return static_cast<size_t>(axis < 0 ? axis + limit : axis);
}

std::vector<bool> marked_axes(std::span<const int64_t> axes, size_t rank) {
  std::vector<bool> marked(rank, false);
  for (const int64_t axis : axes) {
    const size_t normal = normalized_axis(axis, rank);
    if (marked[normal]) fail("axis {} is named twice", axis);
    marked[normal] = true;
  }
  return marked;
}

std::vector<ValueId> inputs_with_ints(ImportContext& context, std::string_view name, size_t position) {
  std::vector<ValueId> inputs = context.inputs();
  if (auto values = context.find_ints(name)) {
    inputs.resize(position);
    inputs.push_back(context.constant_i64(std::move(*values)));
  }
  return inputs;
}

}  // namespace burnish::ops
