// Types of sequences and optionals: what they hold, what holds a type, and the type that fits two.
// Called by the inference of the operators that make, change and read them, and by If and Loop, which merge branches and iterations.
// A size that is no constant may differ from tensor to tensor, so taking a tensor out makes its sizes fresh.
#pragma once

#include "ir/infer.h"

namespace burnish::ops {

/// The type of a tensor taken out of a sequence or an optional, or of the sequence in an optional sequence. Error for a tensor.
TensorType held_type(InferContext& context, const TensorType& container);

TensorType sequence_type(const TensorType& element);
/// Error where `value` is an optional itself.
TensorType optional_type(const TensorType& value);

/// A type that has the values of both. Error where kinds or element types differ.
TensorType merged_type(InferContext& context, const TensorType& a, const TensorType& b);

/// The type with fresh symbols for all sizes that are no constants.
TensorType with_fresh_sizes(InferContext& context, TensorType type);

/// Error unless input `index` is a sequence.
const TensorType& expect_sequence(const InferContext& context, size_t index);
/// Error unless input `index` is a tensor; its rank may be unknown.
const TensorType& expect_tensor(const InferContext& context, size_t index);

/// A position in a sequence of `count`; `last` says whether the place behind the last one counts too. Error where it is outside.
size_t checked_position(int64_t position, size_t count, bool last);

}  // namespace burnish::ops
