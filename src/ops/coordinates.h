// Rows of coordinates into a tensor, shared by GatherND and ScatterND: how many numbers a row has, and where a row points.
// Called by inference and reference evaluation. Every coordinate is checked.
#pragma once

#include "burnish/tensor.h"
#include "tensor/shape.h"

namespace burnish::ops {

/// The length of a row: the last extent of `indices`. Error where it is not static, or is more than the axes of `data` after `batch_dims`.
size_t row_length(const Shape& indices, const Shape& data, size_t batch_dims);

/// The element offset into axes [first_axis, first_axis + length) of `dims` that row `row` of `indices` names.
int64_t row_offset(const Tensor& indices, int64_t row, size_t length, std::span<const int64_t> dims, std::span<const int64_t> strides,
                   size_t first_axis);

}  // namespace burnish::ops
