// Constants that kernels read from device memory, uploaded once when a kernel is built. Tactics mark them as kept, so that plans need not
// provide them.
#pragma once

#include <map>

#include "backends/cuda/driver/gpu.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

class DeviceConstants {
 public:
  /// Every constant operand of the request that the variant keeps, in the operand's own type, row-major.
  DeviceConstants(const tactics::OpRequest& request, const tactics::Variant& variant);

  /// The constant's memory, or `given` where the operand is no kept constant.
  const std::byte* of(size_t input, const std::byte* given) const noexcept {
    const auto found = memory_.find(input);
    return found == memory_.end() ? given : found->second.data();
  }

 private:
  std::map<size_t, tactics::DeviceMemory> memory_;
};

/// Copies to fresh device memory and waits. Throws Error.
tactics::DeviceMemory upload(const std::byte* data, int64_t bytes);

}  // namespace burnish::cuda
