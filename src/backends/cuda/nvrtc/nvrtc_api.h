// The symbol table of NVRTC, NVIDIA's compiler for CUDA C++ at run time. Compiling uses it and nobody else.
// Loaded once; where the library is missing, `reason` says so.
#pragma once

#include <nvrtc.h>

#include <string>

#define BURNISH_NVRTC_FUNCTIONS(X) \
  X(nvrtcVersion)                  \
  X(nvrtcCreateProgram)            \
  X(nvrtcDestroyProgram)           \
  X(nvrtcCompileProgram)           \
  X(nvrtcGetCUBINSize)             \
  X(nvrtcGetCUBIN)                 \
  X(nvrtcGetProgramLogSize)        \
  X(nvrtcGetProgramLog)            \
  X(nvrtcGetErrorString)

namespace burnish::cuda {

struct NvrtcApi {
#define BURNISH_DECLARE(name) decltype(&::name) name = nullptr;
  BURNISH_NVRTC_FUNCTIONS(BURNISH_DECLARE)
#undef BURNISH_DECLARE
  std::string reason;
  int major = 0, minor = 0;
};

const NvrtcApi& nvrtc_api();

}  // namespace burnish::cuda
