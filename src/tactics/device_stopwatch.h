// Times one kernel on a device: runs are recorded together and launched as one, between two events, so that what the host spends on
// launching does not count. Used by Stopwatch for variants whose tensors lie in device memory.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tactics/device.h"
#include "tactics/tactic.h"

namespace burnish::tactics {

class DeviceStopwatch {
 public:
  explicit DeviceStopwatch(const Device& device) : device_(device), stream_(device), begin_(device), end_(device) {}

  /// As Stopwatch::time. `cold`: everything that the kernel reads is in the device's cache but the constants that it keeps.
  double time(const OpRequest& request, const Variant& variant, const Kernel& kernel, int bundles, double give_up_above, bool cold);

 private:
  struct Slot {
    DeviceMemory memory;
    DType filled_as = DType::f32;
    int64_t filled = 0;
    bool zeros = false;
  };
  BufferRef reserve(Slot& slot, int64_t bytes);
  BufferRef sample(Slot& slot, DType storage, int64_t bytes, uint64_t seed, bool zeros);
  void prepare(const OpRequest& request, const Variant& variant);
  double between_events(const std::function<Status()>& work);
  std::unique_ptr<Recording> record(int64_t repeats, const std::function<Status()>& work);
  double seconds_warm(const std::function<Status()>& run, double once, int bundles);
  double seconds_cold(const std::function<Status()>& run, int bundles);
  /// Drives everything out of the cache, then reads the kernel's inputs.
  Status forget_constants();

  const Device& device_;
  DeviceStream stream_;
  DeviceEvent begin_, end_;
  std::vector<Slot> input_slots_, output_slots_;
  Slot workspace_slot_, flood_slot_;
  std::vector<BufferRef> inputs_, outputs_;
  BufferRef workspace_;
};

}  // namespace burnish::tactics
