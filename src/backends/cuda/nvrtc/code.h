// Code: compiled kernels loaded on the GPU, and one launch of them. What tactics of generated kernels keep.
// The machine code is an artifact of the engine, so opening an engine compiles nothing. Launching allocates nothing and never throws.
#pragma once

#include <array>
#include <string>

#include "backends/cuda/driver/gpu.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

struct Grid {
  std::array<unsigned, 3> blocks{1, 1, 1};
  unsigned threads = 256;
  unsigned shared_bytes = 0;
  /// The kernel calls `wait_for_inputs()` before it touches anything that other kernels write, so it may start before the one before it
  /// has ended (programmatic dependent launch).
  bool may_start_early = false;
};

class Code {
 public:
  /// Compiles `source`, or takes it from the engine, and loads it.
  Code(tactics::BuildContext& context, const std::string& source);
  ~Code();
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  /// An entry by its name (declared extern "C"). With `shared_bytes` above 48 KiB the limit is raised. Throws Error.
  CUfunction function(const char* name, int shared_bytes = 0) const;

 private:
  CUmodule module_ = nullptr;
};

/// `arguments` point to the parameters in order.
Status launch(CUfunction function, const Grid& grid, std::span<void*> arguments, void* stream) noexcept;

/// Blocks of `threads` that cover `count` items, at most what keeps the GPU full: kernels loop over the rest.
unsigned blocks_for(int64_t count, unsigned threads);

}  // namespace burnish::cuda
