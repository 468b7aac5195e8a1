// Kernel: one step of a plan, ready to run. Made by a tactic, immutable, shared by sessions, allocates nothing when run.
// The session calls `run` with the buffers the plan placed. It never throws, never locks, never looks at names.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "burnish/status.h"
#include "burnish/tensor.h"

namespace burnish::tactics {

/// A tensor's memory: for outputs writable. Elements lie as the variant's format says. Inputs may lie at any multiple of the element's size;
/// what the plan places is aligned to 64 bytes.
struct BufferRef {
  std::byte* data = nullptr;
  int64_t bytes = 0;
};

/// What a kernel may know while running. `stream` is the backend's (nullptr on the CPU).
struct RunContext {
  int threads = 1;
  void* stream = nullptr;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  /// `in` holds one entry for each input of the request (null data where omitted, or where the kernel keeps the constant itself), `out`
  /// one for each output (null where nobody reads it). `workspace` has the variant's bytes, aligned to 64.
  virtual Status run(RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
                     void* workspace) const noexcept = 0;
};

}  // namespace burnish::tactics
