#include "backends/cuda/cudnn/handles.h"

#include <dlfcn.h>

#include <vector>

#include "backends/cuda/driver/cudnn_library.h"
#include "backends/cuda/driver/gpu.h"
#include "base/error.h"

namespace burnish::cuda::cudnn {
namespace {

struct Handles {
  std::mutex mutex;
  std::vector<cudnnHandle_t> free;
  std::mutex run_mutex;
  cudnnHandle_t run = nullptr;
};

Handles& handles() {
  static Handles& all = *new Handles;
  return all;
}

cudnnHandle_t new_handle() {
  const CudnnLibrary& library = cudnn_library();
  const auto create = reinterpret_cast<decltype(&cudnnCreate)>(dlsym(library.handle, "cudnnCreate"));
  cudnnHandle_t handle = nullptr;
  const cudnnStatus_t status = create == nullptr ? CUDNN_STATUS_NOT_INITIALIZED : create(&handle);
  if (status != CUDNN_STATUS_SUCCESS) fail("cuDNN {} gives no handle: error {}", library.version_text(), static_cast<int>(status));
  return handle;
}

}  // namespace

PlanningHandle::PlanningHandle() {
  gpu().make_current();
  Handles& all = handles();
  {
    const std::lock_guard lock(all.mutex);
    if (all.run == nullptr) all.run = new_handle();
    if (not all.free.empty()) {
      handle_ = all.free.back();
      all.free.pop_back();
    }
  }
  if (handle_ == nullptr) handle_ = new_handle();  // several threads make theirs at a time
}

PlanningHandle::~PlanningHandle() {
  const std::lock_guard lock(handles().mutex);
  handles().free.push_back(handle_);
}

RunningHandle::RunningHandle() noexcept : lock_(handles().run_mutex), handle_(handles().run) { gpu().make_current(); }

}  // namespace burnish::cuda::cudnn
