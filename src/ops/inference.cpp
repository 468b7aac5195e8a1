// Shared checks and conversions of inference.
#include "ops/inference.h"

#include <algorithm>

#include "base/error.h"

namespace burnish::ops {

constexpr size_t most_values = 64;

void propagate(InferContext& context, size_t output, DType dtype, DimValues values) {
  if (values.size() > most_values or (dtype != DType::i64 and dtype != DType::i32)) return;
  context.set_values(output, std::move(values));
}

void expect_index_type(const InferContext& context, size_t index, std::string_view name) {
  const DType dtype = context.dtype(index);
  if (dtype != DType::i64 and dtype != DType::i32) fail("{} must be i64 or i32, but input {} is {}", name, index, name_of(dtype));
}

void expect_index_vector(const InferContext& context, size_t index, std::string_view name, bool allow_scalar) {
  expect_index_type(context, index, name);
  const size_t rank = context.shape(index).rank();
  if (rank == 1 or (allow_scalar and rank == 0)) return;
  fail("{} must have rank 1, but input {} has shape {}", name, index, context.shape(index).text());
}

void expect_one_element(const InferContext& context, size_t index, std::string_view name) {
  for (const Dim& dim : context.shape(index))
    if (dim.constant().value_or(1) != 1)
      fail("{} must hold one element, but input {} has shape {}", name, index, context.shape(index).text());
}

std::optional<size_t> known_length(const InferContext& context, size_t index) {
  const Shape& shape = context.shape(index);
  if (shape.rank() == 0) return 1;
  if (shape.rank() != 1 or not shape[0].is_constant()) return {};
  return static_cast<size_t>(shape[0].value());
}

Shape unknown_shape(InferContext& context, size_t rank) {
  Shape shape;
  for (size_t axis = 0; axis < rank; ++axis) shape.push_back(context.unknown_dim());
  return shape;
}

void check_extents(const Shape& shape) {
  Dims known;
  for (const Dim& dim : shape) {
    if (not dim.is_constant()) continue;
    if (dim.value() < 0) fail("the shape {} has the negative size {}", shape.text(), dim.value());
    known.push_back(std::max<int64_t>(dim.value(), 1));
  }
  in_context([&] { return "the shape " + shape.text(); }, [&] { return element_count(known); });
}

Shape shape_from_values(InferContext& context, size_t index, std::string_view name) {
  if (auto values = context.values(index)) {
    Shape shape(std::move(*values));
    check_extents(shape);
    return shape;
  }
  const std::optional<size_t> rank = known_length(context, index);
  if (not rank)
    fail_unsupported("the number of elements of {} is not known, so the result has no known rank; give input {} a fixed size", name, index);
  constexpr size_t most_rank = 64;
  if (*rank > most_rank) fail("{} asks for a tensor of rank {}; at most {} is possible", name, *rank, most_rank);
  return unknown_shape(context, *rank);
}

bool never_negative(const Dim& dim) {
  if (dim.is_constant()) return dim.value() >= 0;
  return dim.text().find('-') == std::string::npos;
}

}  // namespace burnish::ops
