// What a session holds beside its steps where the plan is for a device: stream, device arena, device buffers for bindings in host memory,
// and the recorded graphs. Steps on the host cut the plan into segments; each segment on the device is recorded once and launched as one.
// Session state drives it. It never allocates while running, but for the recording of a segment in the second run after a binding changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "runtime/step_arguments.h"
#include "tactics/device.h"
#include "tactics/range_marker.h"

namespace burnish::runtime {

class DeviceRun {
 public:
  /// `plan` must outlive it. `marker`, where given, is told of every step that is enqueued and of every graph that is launched.
  DeviceRun(const plan::Plan& plan, const tactics::Device& device, const SessionConfig& config,
            const tactics::RangeMarker* marker = nullptr);

  std::byte* arena() const { return arena_.data(); }
  /// The device's side of a binding; for host memory the session's own buffer, which transfers fill or empty.
  std::byte* bind(plan::Place place, size_t index, std::byte* data, Memory memory);
  /// Recorded graphs hold pointers: after a binding moved they are recorded again.
  void pointers_changed() noexcept;
  Status run(std::span<const StepArguments> steps, const RunRequest& request) noexcept;

 private:
  struct Transfer {
    tactics::DeviceMemory memory;
    std::byte* host = nullptr;  // nothing where the application's memory is on the device
    int64_t bytes = 0;
  };
  struct Segment {
    size_t begin = 0, end = 0;
    bool device = false;
    bool warm = false;  // ran once, so that everything lazy is done before it is recorded
    bool stale = true;
    std::unique_ptr<tactics::Recording> recording;
    std::string name = {};  // for profilers
  };

  Status copy_in(bool transfers) noexcept;
  Status copy_out(bool transfers) noexcept;
  Status run_segment(Segment& segment, std::span<const StepArguments> steps) noexcept;
  Status record(Segment& segment, std::span<const StepArguments> steps) noexcept;
  Status run_steps(size_t begin, size_t end, std::span<const StepArguments> steps) noexcept;
  Status run_profiled(std::span<const StepArguments> steps, double* times) noexcept;

  const plan::Plan& plan_;
  const tactics::Device& device_;
  const tactics::RangeMarker* marker_;
  bool graphs_;
  tactics::DeviceStream stream_;
  tactics::DeviceMemory arena_;
  std::vector<Transfer> inputs_, outputs_;
  std::vector<Segment> segments_;
  tactics::DeviceEvent begin_, computed_from_, computed_, end_;
};

}  // namespace burnish::runtime
