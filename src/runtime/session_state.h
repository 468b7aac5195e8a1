// What a session holds while it lives: its arena, and for every step the exact pointers the kernel gets.
// Pointers into the arena and to constants are fixed once; those to inputs and outputs are patched when they are bound.
// Running is a loop over these arrays: no look-up, no allocation, no lock.
#pragma once

#include "runtime/loaded_engine.h"

namespace burnish::runtime {

class SessionState {
 public:
  SessionState(std::shared_ptr<const LoadedEngine> engine, const SessionConfig& config);

  void bind(plan::Place place, size_t index, std::byte* data);
  Status run(double* times) noexcept;
  const LoadedEngine& engine() const { return *engine_; }

 private:
  struct StepArguments {
    const tactics::Kernel* kernel = nullptr;
    std::span<const tactics::BufferRef> in;
    std::span<const tactics::BufferRef> out;
    void* workspace = nullptr;
  };
  /// A buffer that follows a binding.
  struct Patch {
    plan::Place place;
    uint32_t index;
    uint32_t buffer;
    int64_t offset;
  };
  void add_buffer(uint32_t tensor);
  Status check_bound() const;

  std::shared_ptr<const LoadedEngine> engine_;
  std::unique_ptr<std::byte, void (*)(void*)> arena_;
  std::vector<tactics::BufferRef> buffers_;
  std::vector<StepArguments> steps_;
  std::vector<Patch> patches_;
  std::vector<bool> inputs_bound_;
  std::vector<bool> outputs_bound_;
};

}  // namespace burnish::runtime
