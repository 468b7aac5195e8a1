// Gpu: one NVIDIA GPU as the backend sees it: its facts, and the Device that timing and sessions use (memory, streams, graphs, events).
// One for each GPU, alive for the process. All of it is thread-safe: every call makes the GPU's context current first.
#pragma once

#include <string>

#include "backends/cuda/driver/cuda_api.h"
#include "tactics/device.h"

namespace burnish::cuda {

struct GpuFacts {
  std::string name;    // "NVIDIA H200"
  int capability = 0;  // 90: compute capability 9.0
  int processors = 0;  // streaming multiprocessors
  int64_t memory = 0;  // bytes
  int64_t l2_bytes = 0;
  int shared_bytes = 0;  // of one block, at most
  double clock = 0;      // Hz
  double bandwidth = 0;  // bytes a second, of the memory's clock and width
};

class Gpu final : public tactics::Device {
 public:
  explicit Gpu(int ordinal);

  /// Empty where usable.
  const std::string& reason() const { return reason_; }
  const GpuFacts& facts() const { return facts_; }
  int ordinal() const { return ordinal_; }
  void make_current() const noexcept;
  CUcontext context() const { return context_; }

  std::byte* allocate(int64_t bytes) const override;
  void release(std::byte* memory) const noexcept override;
  void* make_stream() const override;
  void release_stream(void* stream) const noexcept override;
  Status synchronize(void* stream) const noexcept override;
  Status copy(std::byte* to, const std::byte* from, int64_t bytes, void* stream) const noexcept override;
  Status fill(std::byte* memory, int byte, int64_t bytes, void* stream) const noexcept override;
  int64_t cache_bytes() const override { return facts_.l2_bytes; }
  Status read(const std::byte* memory, int64_t bytes, void* stream) const noexcept override;
  Status begin_recording(void* stream) const noexcept override;
  Status end_recording(void* stream, std::unique_ptr<tactics::Recording>& previous) const noexcept override;
  void* make_event() const override;
  void release_event(void* event) const noexcept override;
  Status record_event(void* event, void* stream) const noexcept override;
  double seconds_between(void* begin, void* end) const noexcept override;
  double transfer_bandwidth() const override { return 20e9; }
  double transfer_latency() const override { return 10e-6; }

 private:
  void read_facts();

  int ordinal_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  std::string reason_;
  GpuFacts facts_;
};

/// The first GPU; its `reason` says why there is none.
const Gpu& gpu();

}  // namespace burnish::cuda
