// Types of sequences and optionals.
#include "ops/containers.h"

#include "base/error.h"

namespace burnish::ops {

TensorType with_fresh_sizes(InferContext& context, TensorType type) {
  for (size_t axis = 0; axis < type.shape.rank(); ++axis)
    if (not type.shape[axis].is_constant()) type.shape[axis] = context.unknown_dim();
  return type;
}

TensorType held_type(InferContext& context, const TensorType& container) {
  if (container.kind == ValueKind::tensor) fail("{} holds no other values", container.text());
  TensorType held = with_fresh_sizes(context, container);
  held.kind = container.kind == ValueKind::optional_sequence ? ValueKind::sequence : ValueKind::tensor;
  if (held.kind == ValueKind::tensor and held.known == Known::no_tensor) held.known = Known::nothing;
  return held;
}

TensorType sequence_type(const TensorType& element) {
  if (element.kind != ValueKind::tensor) fail("a sequence holds tensors, but this is {}", element.text());
  TensorType type = element;
  type.kind = ValueKind::sequence;
  return type;
}

TensorType optional_type(const TensorType& value) {
  if (is_optional(value.kind)) fail("an optional holds a tensor or a sequence, but this is {}", value.text());
  TensorType type = value;
  type.kind = value.kind == ValueKind::sequence ? ValueKind::optional_sequence : ValueKind::optional;
  return type;
}

TensorType merged_type(InferContext& context, const TensorType& a, const TensorType& b) {
  if (a.kind != b.kind or a.dtype != b.dtype) fail("{} and {} have no type in common", a.text(), b.text());
  if (a.known == Known::no_tensor) return with_fresh_sizes(context, b);
  if (b.known == Known::no_tensor) return with_fresh_sizes(context, a);
  TensorType type = a;
  if (a.known == Known::nothing or b.known == Known::nothing or a.shape.rank() != b.shape.rank()) {
    type.known = Known::nothing;
    type.shape = {};
    return type;
  }
  for (size_t axis = 0; axis < a.shape.rank(); ++axis)
    if (not a.shape[axis].is_constant() or not(a.shape[axis] == b.shape[axis])) type.shape[axis] = context.unknown_dim();
  return type;
}

const TensorType& expect_sequence(const InferContext& context, size_t index) {
  const TensorType& type = context.input(index);
  if (type.kind != ValueKind::sequence) fail("input {} must be a sequence, but is {}", index, type.text());
  return type;
}

const TensorType& expect_tensor(const InferContext& context, size_t index) {
  const TensorType& type = context.input(index);
  if (type.kind != ValueKind::tensor) fail("input {} must be a tensor, but is {}", index, type.text());
  return type;
}

size_t checked_position(int64_t position, size_t count, bool last) {
  const auto length = static_cast<int64_t>(count);
  const int64_t end = last ? length + 1 : length;
  if (position < -length or position >= end)
    fail("the position {} is outside of a sequence of {} (from {} to {})", position, length, -length, end - 1);
  return static_cast<size_t>(position < 0 ? position + length : position);
}

}  // namespace burnish::ops
