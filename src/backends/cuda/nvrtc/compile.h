// From CUDA C++ text to machine code (a cubin) for one compute capability, without headers of any toolkit: sources include only the
// embedded device headers of backends/cuda/kernels. Tactics call it through Code; tests call it to compile every template without a GPU.
// Equal texts are compiled once in a process.
#pragma once

#include <string>
#include <string_view>

#include "burnish/tensor.h"

namespace burnish::cuda {

/// The compiled code as bytes. Throws Error with the compiler's log where the text does not compile, or NVRTC is missing. Thread-safe.
Tensor compile(const std::string& source, int capability);

}  // namespace burnish::cuda
