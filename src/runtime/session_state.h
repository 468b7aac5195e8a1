// What a session holds while it lives: its arena, and for every step the exact pointers the kernel gets.
// Pointers into the arena and to constants are fixed once; those to inputs and outputs are patched when they are bound.
// Running is a loop over these arrays: no look-up, no allocation, no lock.
#pragma once

#include "runtime/device_run.h"
#include "runtime/program.h"

namespace burnish::runtime {

class SessionState {
 public:
  SessionState(std::shared_ptr<const Program> program, const SessionConfig& config);

  void bind(plan::Place place, size_t index, std::byte* data, Memory memory);
  Status run(const RunRequest& request) noexcept;
  const Program& program() const { return *program_; }
  size_t arena_bytes() const;

 private:
  /// A buffer that follows a binding.
  struct Patch {
    plan::Place place;
    uint32_t index;
    uint32_t buffer;
    int64_t offset;
  };
  void add_buffer(uint32_t tensor);
  std::byte* host_arena() const { return static_cast<std::byte*>(host_arena_.get()); }
  std::byte* arena() const { return device_ ? device_->arena() : host_arena(); }
  Status run_on_host(const RunRequest& request) noexcept;
  Status check_bound() const;

  std::shared_ptr<const Program> program_;
  std::unique_ptr<DeviceRun> device_;  // of plans for a device
  std::shared_ptr<void> host_arena_;   // of plans for the host: the arena
  std::vector<tactics::BufferRef> buffers_;
  std::vector<StepArguments> steps_;
  std::vector<Patch> patches_;
  std::vector<bool> inputs_bound_;
  std::vector<bool> outputs_bound_;
};

}  // namespace burnish::runtime
