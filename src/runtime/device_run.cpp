#include "runtime/device_run.h"

#include <chrono>

#include "base/error.h"

namespace burnish::runtime {
namespace {

#define BURNISH_RETURN_IF_BAD(expression)                           \
  do {                                                              \
    if (Status status_ = (expression); not status_) return status_; \
  } while (false)

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

DeviceRun::DeviceRun(const plan::Plan& plan, const tactics::Device& device, const SessionConfig& config, const tactics::RangeMarker* marker)
    : plan_(plan),
      device_(device),
      marker_(marker),
      graphs_(config.graphs),
      stream_(device),
      arena_(device, std::max<int64_t>(plan.memory.arena_bytes, 256)),
      begin_(device),
      computed_from_(device),
      computed_(device),
      end_(device) {
  if (config.fill_arena >= 0) {
    const Status filled = device.fill(arena_.data(), config.fill_arena, arena_.bytes(), stream_.handle());
    if (not filled) throw Error(filled.message(), filled.code());
  }
  for (const plan::Binding& input : plan.inputs) inputs_.push_back({{}, nullptr, tactics::stored_bytes(input.format, input.dims)});
  for (const plan::Binding& output : plan.outputs) outputs_.push_back({{}, nullptr, tactics::stored_bytes(output.format, output.dims)});
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const bool on_device = plan::on_device(plan.steps[i]);
    if (segments_.empty() or segments_.back().device != on_device)
      segments_.push_back({.begin = i, .end = i, .device = on_device, .recording = nullptr});
    segments_.back().end = i + 1;
  }
  for (Segment& segment : segments_) segment.name = fmt::format("graph of {} steps", segment.end - segment.begin);
}

std::byte* DeviceRun::bind(plan::Place place, size_t index, std::byte* data, Memory memory) {
  Transfer& transfer = (place == plan::Place::input ? inputs_ : outputs_).at(index);
  transfer.host = memory == Memory::host ? data : nullptr;
  if (memory == Memory::host and transfer.memory.data() == nullptr)
    transfer.memory = tactics::DeviceMemory(device_, std::max<int64_t>(transfer.bytes, 256));
  return memory == Memory::host ? transfer.memory.data() : data;
}

void DeviceRun::pointers_changed() noexcept {
  for (Segment& segment : segments_) segment.stale = true;
}

Status DeviceRun::copy_in(bool transfers) noexcept {
  for (const Transfer& transfer : inputs_)
    if (transfers and transfer.host != nullptr)
      BURNISH_RETURN_IF_BAD(device_.copy(transfer.memory.data(), transfer.host, transfer.bytes, stream_.handle()));
  return Status::ok();
}

Status DeviceRun::copy_out(bool transfers) noexcept {
  for (const Transfer& transfer : outputs_)
    if (transfers and transfer.host != nullptr)
      BURNISH_RETURN_IF_BAD(device_.copy(transfer.host, transfer.memory.data(), transfer.bytes, stream_.handle()));
  return Status::ok();
}

Status DeviceRun::run_steps(size_t begin, size_t end, std::span<const StepArguments> steps) noexcept {
  tactics::RunContext context{plan_.threads, stream_.handle()};
  for (size_t i = begin; i < end; ++i) {
    const StepArguments& step = steps[i];
    const tactics::MarkedRange range(marker_, plan_.steps[i].name.c_str());
    if (Status status = step.kernel->run(context, step.in, step.out, step.workspace); not status)
      return {status.code(), fmt::format("step `{}` ({}): {}", plan_.steps[i].name, plan_.steps[i].tactic, status.message())};
  }
  return Status::ok();
}

Status DeviceRun::record(Segment& segment, std::span<const StepArguments> steps) noexcept {
  BURNISH_RETURN_IF_BAD(device_.begin_recording(stream_.handle()));
  Status recorded = run_steps(segment.begin, segment.end, steps);
  const Status ended = device_.end_recording(stream_.handle(), segment.recording);
  if (not recorded) return recorded;
  segment.stale = not ended;
  return ended;
}

Status DeviceRun::run_segment(Segment& segment, std::span<const StepArguments> steps) noexcept {
  if (not segment.device) {
    BURNISH_RETURN_IF_BAD(device_.synchronize(stream_.handle()));
    return run_steps(segment.begin, segment.end, steps);
  }
  if (not graphs_ or not segment.warm) {
    segment.warm = true;
    return run_steps(segment.begin, segment.end, steps);
  }
  if (segment.stale) BURNISH_RETURN_IF_BAD(record(segment, steps));
  const tactics::MarkedRange range(marker_, segment.name.c_str());
  return segment.recording->launch(stream_.handle());
}

Status DeviceRun::run_profiled(std::span<const StepArguments> steps, double* times) noexcept {
  for (size_t i = 0; i < steps.size(); ++i) {
    BURNISH_RETURN_IF_BAD(device_.synchronize(stream_.handle()));
    const auto begin = Clock::now();
    const bool on_device = plan::on_device(plan_.steps[i]);
    if (on_device) BURNISH_RETURN_IF_BAD(device_.record_event(begin_.handle(), stream_.handle()));
    BURNISH_RETURN_IF_BAD(run_steps(i, i + 1, steps));
    if (on_device) {
      BURNISH_RETURN_IF_BAD(device_.record_event(end_.handle(), stream_.handle()));
      BURNISH_RETURN_IF_BAD(device_.synchronize(stream_.handle()));
    }
    times[i] = on_device ? device_.seconds_between(begin_.handle(), end_.handle()) : seconds_since(begin);
  }
  return Status::ok();
}

Status DeviceRun::run(std::span<const StepArguments> steps, const RunRequest& request) noexcept {
  const auto called = Clock::now();
  const auto mark = [&](const tactics::DeviceEvent& event) {
    return request.times == nullptr ? Status::ok() : device_.record_event(event.handle(), stream_.handle());
  };
  BURNISH_RETURN_IF_BAD(mark(begin_));
  BURNISH_RETURN_IF_BAD(copy_in(request.transfers));
  if (request.step_times != nullptr) {
    BURNISH_RETURN_IF_BAD(run_profiled(steps, request.step_times));
  } else {
    BURNISH_RETURN_IF_BAD(mark(computed_from_));
    for (Segment& segment : segments_) BURNISH_RETURN_IF_BAD(run_segment(segment, steps));
    BURNISH_RETURN_IF_BAD(mark(computed_));
  }
  BURNISH_RETURN_IF_BAD(copy_out(request.transfers));
  if (request.times != nullptr) request.times->enqueue = seconds_since(called);
  BURNISH_RETURN_IF_BAD(mark(end_));
  BURNISH_RETURN_IF_BAD(device_.synchronize(stream_.handle()));
  if (request.times == nullptr) return Status::ok();
  request.times->transfer_in = device_.seconds_between(begin_.handle(), computed_from_.handle());
  request.times->compute = device_.seconds_between(computed_from_.handle(), computed_.handle());
  request.times->transfer_out = device_.seconds_between(computed_.handle(), end_.handle());
  return Status::ok();
}

}  // namespace burnish::runtime
