// The symbol table of the CUDA driver (libcuda): what the backend calls of it, under the driver's own names.
// Device, NVRTC code and the library rooms use it. Loaded once; where the driver is missing or too old, `reason` says so and nothing else
// may be touched.
#pragma once

#include <cuda.h>

#include <string>
#include <string_view>

#include "burnish/status.h"

#define BURNISH_CUDA_FUNCTIONS(X) \
  X(cuInit)                       \
  X(cuDriverGetVersion)           \
  X(cuGetErrorString)             \
  X(cuDeviceGetCount)             \
  X(cuDeviceGet)                  \
  X(cuDeviceGetName)              \
  X(cuDeviceGetAttribute)         \
  X(cuDeviceTotalMem)             \
  X(cuDevicePrimaryCtxRetain)     \
  X(cuCtxSetCurrent)              \
  X(cuMemAlloc)                   \
  X(cuMemFree)                    \
  X(cuMemcpyAsync)                \
  X(cuMemcpyHtoD)                 \
  X(cuMemsetD8Async)              \
  X(cuStreamCreate)               \
  X(cuStreamDestroy)              \
  X(cuStreamSynchronize)          \
  X(cuStreamBeginCapture)         \
  X(cuStreamEndCapture)           \
  X(cuGraphInstantiate)           \
  X(cuGraphExecUpdate)            \
  X(cuGraphExecDestroy)           \
  X(cuGraphDestroy)               \
  X(cuGraphLaunch)                \
  X(cuEventCreate)                \
  X(cuEventDestroy)               \
  X(cuEventRecord)                \
  X(cuEventElapsedTime)           \
  X(cuModuleLoadData)             \
  X(cuModuleUnload)               \
  X(cuModuleGetFunction)          \
  X(cuFuncSetAttribute)           \
  X(cuLaunchKernelEx)

namespace burnish::cuda {

struct CudaApi {
#define BURNISH_DECLARE(name) decltype(&::name) name = nullptr;
  BURNISH_CUDA_FUNCTIONS(BURNISH_DECLARE)
#undef BURNISH_DECLARE
  std::string reason;  // why it cannot be used; empty where it can
  int version = 0;     // 13000 is 13.0

  /// Success, or what was tried and the driver's own words.
  Status status(CUresult result, std::string_view what) const;
  /// Throws Error where `result` is no success.
  void expect(CUresult result, std::string_view what) const;
};

const CudaApi& cuda_api();

}  // namespace burnish::cuda
