#include "backends/cuda/kernels/constants.h"

#include <algorithm>

namespace burnish::cuda {

tactics::DeviceMemory upload(const std::byte* data, int64_t bytes) {
  tactics::DeviceMemory memory(gpu(), std::max<int64_t>(bytes, 16));
  if (bytes > 0)
    cuda_api().expect(cuda_api().cuMemcpyHtoD(reinterpret_cast<CUdeviceptr>(memory.data()), data, static_cast<size_t>(bytes)),
                      "copying constants to the GPU");
  return memory;
}

DeviceConstants::DeviceConstants(const tactics::OpRequest& request, const tactics::Variant& variant) {
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const auto& constant = request.inputs[i].constant;
    if (constant == nullptr or i >= variant.keeps_constant.size() or not variant.keeps_constant[i]) continue;
    memory_.emplace(i, upload(constant->data(), static_cast<int64_t>(constant->bytes())));
  }
}

}  // namespace burnish::cuda
