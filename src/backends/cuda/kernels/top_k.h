// The source of TopK's kernels: see sort.cuh. The tactic of top_k.cpp and tests use it.
#pragma once

#include <cstdint>
#include <string>

#include "burnish/dtype.h"

namespace burnish::cuda {

/// One piece: the kernel `only`. Rounds: `first`, `between` and `last`. Whole sorts: `pieces`, `far`, `near` and `best`.
enum class SortForm : uint8_t { one_piece, rounds, whole };
std::string top_k_source(SortForm form, DType storage, bool largest, int piece);

}  // namespace burnish::cuda
