// Constants in the form a kernel wants them: another storage type, another order of elements. Converted on the GPU when a kernel is built, so
// the engine holds them once, as the model has them.
#pragma once

#include "backends/cuda/kernels/elementwise.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

/// Fresh device memory with `extents` elements, the last axis fastest; element [i, j, ...] is the constant's at the sum of index times stride.
/// Waits until it is there. Throws Error.
tactics::DeviceMemory packed_constant(tactics::BuildContext& context, const Tensor& constant, DType storage, const Dims& extents,
                                      const Dims& strides);
/// In the same order.
tactics::DeviceMemory packed_constant(tactics::BuildContext& context, const Tensor& constant, DType storage);

}  // namespace burnish::cuda
