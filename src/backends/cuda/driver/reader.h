// A kernel that reads memory and drops what it read. Timing uses it to fill the GPU's L2 with what a network would have there, and to
// drive out what it would not. Written in PTX, because it is needed before and without NVRTC; compiled by the driver once.
#pragma once

#include "burnish/status.h"

namespace burnish::cuda {

/// Enqueues it over `bytes`, of which whole 16 bytes are read. On compute capability 9.0 and newer, kernels that may start early may do so
/// as soon as it has begun. The GPU's context must be current.
Status read_memory(const std::byte* memory, int64_t bytes, int capability, void* stream) noexcept;

}  // namespace burnish::cuda
