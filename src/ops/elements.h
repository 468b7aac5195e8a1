// Moving elements between host tensors of one type, strings included: what reference evaluations of data movement are made of.
// Positions count elements in row-major order. Callers check indices before; nothing here does.
// It never converts values.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::ops {

/// The distance between neighbours on each axis of a dense tensor.
Dims row_major_strides(std::span<const int64_t> dims);

/// The product of dims[begin, end).
int64_t extent_product(std::span<const int64_t> dims, size_t begin, size_t end);

/// Copies `count` neighbouring elements.
void copy_run(Tensor& to, int64_t to_first, const Tensor& from, int64_t from_first, int64_t count);

/// Writes element `from_index` of `from` into `count` neighbouring elements.
void fill_run(Tensor& to, int64_t to_first, int64_t count, const Tensor& from, int64_t from_index = 0);

/// Where the elements of a box lie: the first one, and the distance between neighbours on each axis (0 repeats, negative reverses).
struct StridedView {
  int64_t first = 0;
  Dims strides;
};

/// Copies a box of `dims` elements from one strided view to another.
void copy_strided(Tensor& to, const StridedView& to_view, const Tensor& from, const StridedView& from_view, std::span<const int64_t> dims);

/// Steps `index` to the next coordinates in row-major order; false after the last. All zero is the first.
bool next_index(std::span<const int64_t> dims, std::vector<int64_t>& index);

/// The element of a tensor that must hold exactly one; Error that calls it `name` otherwise.
int64_t single_integer(const Tensor& tensor, std::string_view name);
double single_number(const Tensor& tensor, std::string_view name);

/// An index in [-extent, extent) made non-negative; Error that names it, the axis and the extent otherwise.
int64_t checked_index(int64_t index, int64_t axis, int64_t extent);

}  // namespace burnish::ops
