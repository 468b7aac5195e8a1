// Helpers that the CPU's own kernels share: rows of a row-major tensor, formats for f32 work, and staging of bf16 rows in f32.
// Used by normalization, reduction and attention. Nothing here allocates.
#pragma once

#include "backends/cpu/simd/tile_steps.h"
#include "tactics/tactic.h"

namespace burnish::cpu {

/// Row-major, stored as `storage` where the type is f32 and as itself elsewhere.
inline tactics::Format rows_format(const TensorType& type, DType storage) {
  return {type.dtype == DType::f32 ? storage : type.dtype, Layout::row_major(type.shape.rank())};
}

/// A kernel that keeps constants as plain f32: their values, or nullptr for an omitted operand.
inline std::vector<float> floats_of(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(tensor.number(static_cast<int64_t>(i)));
  return values;
}

/// The product of dims[first..last).
inline int64_t product(const Dims& dims, size_t first, size_t last) {
  int64_t count = 1;
  for (size_t i = first; i < last; ++i) count *= dims[i];
  return count;
}

/// Offers `make(storage)` for f32 and for each narrower storage type that is permitted.
template <class Make>
void for_each_storage(const tactics::OpRequest& request, const Make& make) {
  make(DType::f32);
  for (const DType narrow : {DType::bf16, DType::f16})
    if (request.permits(narrow)) make(narrow);
}

}  // namespace burnish::cpu
