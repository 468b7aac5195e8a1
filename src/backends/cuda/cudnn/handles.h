// cuDNN's handles, kept for the process: they serve one thread at a time and are expensive to make, and the driver may be gone before a
// destructor could run. Those who plan lease one each. Those who run share one, since none can be made while a stream is recorded; it is held
// only while work is enqueued. Only graph.cpp uses them.
#pragma once

#include <cudnn.h>

#include <mutex>

namespace burnish::cuda::cudnn {

/// A handle for one who plans. With it the shared one exists, and the GPU's context is current. Throws Error.
class PlanningHandle {
 public:
  PlanningHandle();
  ~PlanningHandle();
  PlanningHandle(const PlanningHandle&) = delete;
  PlanningHandle& operator=(const PlanningHandle&) = delete;
  cudnnHandle_t get() const { return handle_; }

 private:
  cudnnHandle_t handle_ = nullptr;
};

/// The shared handle while nobody else enqueues.
class RunningHandle {
 public:
  RunningHandle() noexcept;
  cudnnHandle_t get() const { return handle_; }

 private:
  std::unique_lock<std::mutex> lock_;
  cudnnHandle_t handle_;
};

}  // namespace burnish::cuda::cudnn
