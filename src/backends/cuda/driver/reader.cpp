#include "backends/cuda/driver/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "backends/cuda/driver/cuda_api.h"

namespace burnish::cuda {
namespace {

constexpr int with_early_start = 90, threads = 256;

/// Volatile loads, so that nobody takes them out for having no use.
std::string source(int capability) {
  const bool early = capability >= with_early_start;
  return fmt::format(R"(.version {}
.target sm_{}
.address_size 64
.visible .entry read(.param .u64 memory, .param .u64 count) {{
  .reg .pred %end;
  .reg .b32 %r<9>;
  .reg .b64 %at, %step, %count, %address, %offset;
  {}
  ld.param.u64 %address, [memory];
  ld.param.u64 %count, [count];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mov.u32 %r4, %nctaid.x;
  mad.wide.u32 %at, %r1, %r2, 0;
  cvt.u64.u32 %offset, %r3;
  add.u64 %at, %at, %offset;
  mul.wide.u32 %step, %r4, %r2;
next:
  setp.ge.u64 %end, %at, %count;
  @%end bra done;
  shl.b64 %offset, %at, 4;
  add.u64 %offset, %offset, %address;
  ld.volatile.global.v4.u32 {{%r5, %r6, %r7, %r8}}, [%offset];
  add.u64 %at, %at, %step;
  bra next;
done:
  ret;
}}
)",
                     early ? "7.8" : "7.0", early ? 90 : 80, early ? "griddepcontrol.launch_dependents;" : "");
}

CUfunction load(int capability) noexcept {
  const CudaApi& api = cuda_api();
  CUmodule module = nullptr;  // lives as long as the process
  CUfunction function = nullptr;
  if (api.cuModuleLoadData(&module, source(capability).c_str()) == CUDA_SUCCESS) api.cuModuleGetFunction(&function, module, "read");
  return function;
}

}  // namespace

Status read_memory(const std::byte* memory, int64_t bytes, int capability, void* stream) noexcept {
  static const CUfunction function = load(capability);
  if (function == nullptr) return {StatusCode::internal, "the driver did not compile the kernel that reads memory"};
  constexpr uint64_t piece = 16, most_blocks = 2048;
  uint64_t count = static_cast<uint64_t>(bytes) / piece;
  if (count == 0) return Status::ok();
  CUlaunchConfig config = {};
  config.gridDimX = static_cast<unsigned>(std::min<uint64_t>((count + threads - 1) / threads, most_blocks));
  config.gridDimY = config.gridDimZ = config.blockDimY = config.blockDimZ = 1;
  config.blockDimX = threads;
  config.hStream = static_cast<CUstream>(stream);
  std::array<void*, 2> arguments{&memory, &count};
  return cuda_api().status(cuda_api().cuLaunchKernelEx(&config, function, arguments.data(), nullptr), "reading memory of the GPU");
}

}  // namespace burnish::cuda
