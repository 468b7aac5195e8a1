// Ranges for NVIDIA's profilers, by NVTX: its headers look for a profiler that has attached itself to the process, once, and without one a
// range is the check of a pointer. The backend marks ranges with it. Where the headers were missing when this was built, it does nothing.
#pragma once

namespace burnish::cuda {

void begin_nvtx_range(const char* name) noexcept;
void end_nvtx_range() noexcept;

}  // namespace burnish::cuda
