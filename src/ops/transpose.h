// Transpose: the user's permutation of axes. ONNX Transpose, opsets 1 to 25. Output axis i is input axis perm[i]; an empty perm reverses.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct Transpose {
  std::vector<int64_t> perm;
  static constexpr auto fields = std::tuple{field("perm", &Transpose::perm)};
};

/// The permutation for this rank, validated; Error where it is none.
std::vector<size_t> permutation(const Transpose& op, size_t rank);

}  // namespace burnish::ops
