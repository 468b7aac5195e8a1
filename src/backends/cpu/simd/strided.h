// Physical loops: a domain of row-major (or permuted, or blocked) elements as a few nested loops, with a stride for each operand.
// Built once for a kernel from dims and layouts; adjacent loops merge wherever every operand allows it. Used by pointwise, reformat and copy
// kernels. Only layouts without padding fit (every blocked extent divisible by its block).
#pragma once

#include <cstdint>
#include <vector>

#include "tactics/request.h"

namespace burnish::cpu {

struct StridedLoops {
  std::vector<int64_t> extents;               // outermost first
  std::vector<std::vector<int64_t>> strides;  // [operand][loop], in elements; 0 where it broadcasts
};

/// True where no axis of this layout is padded for these dims.
bool unpadded(const Layout& layout, std::span<const int64_t> dims);

/// Loops in the order of `domain`'s memory. Operands broadcast by NumPy's rules from their dims to `dims`.
StridedLoops strided_loops(std::span<const int64_t> dims, const Layout& domain, const std::vector<std::pair<Dims, Layout>>& operands);

}  // namespace burnish::cpu
