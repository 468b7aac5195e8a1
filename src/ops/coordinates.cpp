// Coordinate rows: see the header.
#include "ops/coordinates.h"

#include "base/error.h"
#include "ops/elements.h"

namespace burnish::ops {

size_t row_length(const Shape& indices, const Shape& data, size_t batch_dims) {
  if (indices.rank() == 0) fail("the indices must have rank 1 or more");
  const Dim& last = indices[indices.rank() - 1];
  if (not last.is_constant()) fail_unsupported("the last size of indices of shape {} must be static", indices.text());
  if (batch_dims >= indices.rank() or batch_dims > data.rank())
    fail("batch_dims is {}, but the indices have shape {} and the data has shape {}", batch_dims, indices.text(), data.text());
  if (last.value() > static_cast<int64_t>(data.rank() - batch_dims))
    fail("the indices hold {} coordinates each, but data of shape {} has {} axes for them", last.value(), data.text(),
         data.rank() - batch_dims);
  return static_cast<size_t>(last.value());
}

int64_t row_offset(const Tensor& indices, int64_t row, size_t length, std::span<const int64_t> dims, std::span<const int64_t> strides,
                   size_t first_axis) {
  int64_t offset = 0;
  for (size_t i = 0; i < length; ++i) {
    const size_t axis = first_axis + i;
    const int64_t index = indices.integer(row * static_cast<int64_t>(length) + static_cast<int64_t>(i));
    offset += checked_index(index, static_cast<int64_t>(axis), dims[axis]) * strides[axis];
  }
  return offset;
}

}  // namespace burnish::ops
