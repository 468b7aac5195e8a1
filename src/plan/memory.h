// Places requests for memory that are alive during ranges of steps into one arena, as small as it can be made.
// Called by `make` with tensors and workspaces alike. Greedy by size into the smallest gap, and by lifetime, and by area; keeps the best.
// Knows nothing of tensors; `verify_memory` checks its work independently.
#pragma once

#include <cstdint>
#include <vector>

namespace burnish::plan {

struct MemoryRequest {
  int64_t bytes = 0;
  uint32_t first_step = 0;  // alive from the start of this step
  uint32_t last_step = 0;   // to the end of this one
};

struct Placement {
  std::vector<int64_t> offsets;  // multiples of `alignment`
  int64_t arena_bytes = 0;
  int64_t lower_bound = 0;  // largest sum of (aligned) bytes alive at one step
};

Placement place(const std::vector<MemoryRequest>& requests, int64_t alignment = 64);

}  // namespace burnish::plan
