// The operators on sequences, which hold tensors of one element type. ONNX Sequence*, SplitToSequence, ConcatFromSequence, opset 11.
// Each is inferred and evaluated in the file of its name; the pass remove_sequences knows them all. Values of sequences live on the host only.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

/// Tensors of one element type -> the sequence of them.
struct SequenceConstruct {
  static constexpr auto fields = std::tuple{};
};

/// -> a sequence without tensors.
struct SequenceEmpty {
  DType dtype = DType::f32;
  static constexpr auto fields = std::tuple{field("dtype", &SequenceEmpty::dtype)};
};

/// Sequence, position (i32 or i64, one element, negative from the end) -> the tensor there.
struct SequenceAt {
  static constexpr auto fields = std::tuple{};
};

/// Sequence, tensor, optional position -> the sequence with the tensor before that position, or at the end.
struct SequenceInsert {
  static constexpr auto fields = std::tuple{};
};

/// Sequence, optional position -> the sequence without the tensor there, or without the last one.
struct SequenceErase {
  static constexpr auto fields = std::tuple{};
};

/// Sequence -> the number of its tensors, i64 scalar.
struct SequenceLength {
  static constexpr auto fields = std::tuple{};
};

/// Tensor, optional sizes (one for all parts but a smaller last one, or a list) -> its parts along an axis. Without sizes every part has size 1,
/// and the axis goes unless `keep_dims`.
struct SplitToSequence {
  int64_t axis = 0;
  bool keep_dims = true;
  static constexpr auto fields = std::tuple{field("axis", &SplitToSequence::axis), field("keep_dims", &SplitToSequence::keep_dims)};
};

/// Sequence -> its tensors joined along an axis, or stacked along a new one.
struct ConcatFromSequence {
  int64_t axis = 0;
  bool new_axis = false;
  static constexpr auto fields = std::tuple{field("axis", &ConcatFromSequence::axis), field("new_axis", &ConcatFromSequence::new_axis)};
};

}  // namespace burnish::ops
