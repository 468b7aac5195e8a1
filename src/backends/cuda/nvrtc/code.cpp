#include "backends/cuda/nvrtc/code.h"

#include <algorithm>

#include "backends/cuda/nvrtc/compile.h"
#include "base/error.h"

namespace burnish::cuda {

Code::Code(tactics::BuildContext& context, const std::string& source) {
  const int capability = gpu().facts().capability;
  const Hash128 key = hash_of(fmt::format("nvrtc sm_{} {}", capability, source));
  const Tensor machine_code = context.artifact(key, [&] { return compile(source, capability); });
  gpu().make_current();
  cuda_api().expect(cuda_api().cuModuleLoadData(&module_, machine_code.data()), "loading a kernel");
}

Code::~Code() {
  gpu().make_current();
  cuda_api().cuModuleUnload(module_);
}

CUfunction Code::function(const char* name, int shared_bytes) const {
  constexpr int without_asking = 48 * 1024;
  CUfunction function = nullptr;
  cuda_api().expect(cuda_api().cuModuleGetFunction(&function, module_, name), fmt::format("finding the kernel {}", name));
  if (shared_bytes > without_asking)
    cuda_api().expect(cuda_api().cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared_bytes),
                      fmt::format("asking for {} bytes of shared memory", shared_bytes));
  return function;
}

Status launch(CUfunction function, const Grid& grid, std::span<void*> arguments, void* stream) noexcept {
  gpu().make_current();
  CUlaunchConfig config = {};
  config.gridDimX = grid.blocks[0];
  config.gridDimY = grid.blocks[1];
  config.gridDimZ = grid.blocks[2];
  config.blockDimX = grid.threads;
  config.blockDimY = 1;
  config.blockDimZ = 1;
  config.sharedMemBytes = grid.shared_bytes;
  config.hStream = static_cast<CUstream>(stream);
  CUlaunchAttribute early = {};
  early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  early.value.programmaticStreamSerializationAllowed = 1;
  constexpr int first_generation = 90;
  if (grid.may_start_early and gpu().facts().capability >= first_generation) {
    config.attrs = &early;
    config.numAttrs = 1;
  }
  return cuda_api().status(cuda_api().cuLaunchKernelEx(&config, function, arguments.data(), nullptr), "launching a kernel");
}

unsigned blocks_for(int64_t count, unsigned threads) {
  constexpr int64_t blocks_for_each_processor = 16;
  const int64_t most = std::max(1, gpu().facts().processors) * blocks_for_each_processor;
  return static_cast<unsigned>(std::clamp<int64_t>((count + threads - 1) / threads, 1, most));
}

}  // namespace burnish::cuda
