// Times one kernel: its buffers, filled once and reused from kernel to kernel, and the procedure of warm-up, bundles and middle half.
// Used by `measure` and `time_kernel`. It decides neither what is timed nor what a time means.
#pragma once

#include <limits>
#include <vector>

#include "tactics/backend.h"
#include "tactics/device_stopwatch.h"

namespace burnish::tactics {

class Stopwatch {
 public:
  /// `cold`: on devices, weights that a kernel keeps are not in the cache when it starts.
  explicit Stopwatch(const Backend& backend, bool cold = false) : backend_(backend), cold_(cold) {}

  /// Seconds one run takes. Gives a rough number early where it exceeds `give_up_above`. Throws Error where the kernel reports one.
  double time(const OpRequest& request, const Variant& variant, const Kernel& kernel, int bundles,
              double give_up_above = std::numeric_limits<double>::infinity());

 private:
  /// Memory that grows as needed and keeps what it was filled with.
  struct Slot {
    Tensor memory;
    DType filled_as = DType::f32;
    int64_t filled = 0;
  };

  BufferRef reserve(Slot& slot, int64_t bytes);
  BufferRef sample(Slot& slot, DType storage, int64_t bytes, uint64_t seed, bool zeros);
  void prepare(const OpRequest& request, const Variant& variant);

  const Backend& backend_;
  bool cold_;
  std::unique_ptr<DeviceStopwatch> device_;
  std::vector<Slot> input_slots_, output_slots_;
  Slot workspace_slot_;
  std::vector<BufferRef> inputs_, outputs_;
  BufferRef workspace_;
};

}  // namespace burnish::tactics
