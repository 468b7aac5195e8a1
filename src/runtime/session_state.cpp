#include "runtime/session_state.h"

#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "tactics/registry.h"

namespace burnish::runtime {
namespace {

std::shared_ptr<void> allocate_arena(int64_t bytes) {
  std::shared_ptr<void> memory = aligned_memory(static_cast<size_t>(bytes), 4096);
  if (memory == nullptr) throw Error(fmt::format("no memory for an arena of {} bytes", bytes), StatusCode::resource_exhausted);
  return memory;
}

int64_t host_bytes(const plan::Plan& plan) {
  return plan.space == tactics::Space::host ? plan.memory.arena_bytes : plan.memory.host_arena_bytes;
}

std::unique_ptr<DeviceRun> device_run(const Program& program, const SessionConfig& config) {
  if (program.plan().space == tactics::Space::host) return nullptr;
  const tactics::Backend* backend = tactics::registry().find_backend(program.plan().backend);
  if (backend == nullptr or backend->device() == nullptr) fail("backend {} has no device memory", program.plan().backend);
  return std::make_unique<DeviceRun>(program.plan(), *backend->device(), config, dynamic_cast<const tactics::RangeMarker*>(backend));
}

}  // namespace

SessionState::SessionState(std::shared_ptr<const Program> program, const SessionConfig& config)
    : program_(std::move(program)), device_(device_run(*program_, config)), host_arena_(allocate_arena(host_bytes(program_->plan()))) {
  const plan::Plan& plan = program_->plan();
  if (config.fill_arena >= 0) std::memset(host_arena_.get(), config.fill_arena, static_cast<size_t>(host_bytes(plan)));
  size_t count = 0;
  for (const plan::Step& step : plan.steps) count += step.inputs.size() + step.outputs.size();
  buffers_.reserve(count);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const plan::Step& step = plan.steps[i];
    StepArguments arguments;
    arguments.kernel = program_->kernels()[i].get();
    arguments.workspace =
        step.variant.workspace > 0
            ? (program_->plan().space == tactics::Space::host or plan::on_device(step) ? arena() : host_arena()) + step.workspace_offset
            : nullptr;
    const size_t first = buffers_.size();
    for (const uint32_t tensor : step.inputs) add_buffer(tensor);
    for (const uint32_t tensor : step.outputs) add_buffer(tensor);
    arguments.in = {buffers_.data() + first, step.inputs.size()};
    arguments.out = {buffers_.data() + first + step.inputs.size(), step.outputs.size()};
    steps_.push_back(arguments);
  }
  inputs_bound_.assign(plan.inputs.size(), false);
  outputs_bound_.assign(plan.outputs.size(), false);
}

size_t SessionState::arena_bytes() const {
  return static_cast<size_t>(program_->plan().memory.arena_bytes + program_->plan().memory.host_arena_bytes);
}

void SessionState::add_buffer(uint32_t tensor) {
  tactics::BufferRef buffer;
  if (tensor != plan::no_tensor) {
    const plan::TensorSlot& slot = program_->plan().tensors[tensor];
    buffer.bytes = slot.bytes;
    const auto at = static_cast<uint32_t>(buffers_.size());
    switch (slot.place) {
      case plan::Place::arena: buffer.data = arena() + slot.offset; break;
      case plan::Place::host_arena: buffer.data = host_arena() + slot.offset; break;
      case plan::Place::constant: buffer.data = const_cast<std::byte*>(program_->plan().constants[slot.index]->data()) + slot.offset; break;
      case plan::Place::none: buffer.data = arena(); break;  // no bytes: any valid address
      case plan::Place::input:
      case plan::Place::output: patches_.push_back({slot.place, slot.index, at, slot.offset}); break;
    }
  }
  buffers_.push_back(buffer);
}

void SessionState::bind(plan::Place place, size_t index, std::byte* data, Memory memory) {
  std::vector<bool>& bound = place == plan::Place::input ? inputs_bound_ : outputs_bound_;
  if (index >= bound.size()) fail("binding {} of {}", index, bound.size());
  bound[index] = data != nullptr or (place == plan::Place::input ? program_->inputs() : program_->outputs())[index].bytes == 0;
  if (device_ == nullptr and memory == Memory::device)
    fail("memory of a device is bound, but the engine runs on {}", program_->plan().backend);
  if (device_ != nullptr) data = device_->bind(place, index, data, memory);
  bool moved = false;
  for (const Patch& patch : patches_) {
    if (patch.place != place or patch.index != index) continue;
    moved = moved or buffers_[patch.buffer].data != data + patch.offset;
    buffers_[patch.buffer].data = data + patch.offset;
  }
  if (device_ != nullptr and moved) device_->pointers_changed();
}

Status SessionState::check_bound() const {
  for (size_t i = 0; i < inputs_bound_.size(); ++i)
    if (not inputs_bound_[i])
      return {StatusCode::invalid_argument, fmt::format("input {} (`{}`) is not bound", i, program_->inputs()[i].name)};
  for (size_t i = 0; i < outputs_bound_.size(); ++i)
    if (not outputs_bound_[i])
      return {StatusCode::invalid_argument, fmt::format("output {} (`{}`) is not bound", i, program_->outputs()[i].name)};
  return Status::ok();
}

Status SessionState::run(const RunRequest& request) noexcept {
  if (Status bound = check_bound(); not bound) return bound;
  const int threads = program_->plan().threads;
  if (thread_count() != threads) set_thread_count(threads);
  return device_ ? device_->run(steps_, request) : run_on_host(request);
}

Status SessionState::run_on_host(const RunRequest& request) noexcept {
  tactics::RunContext context{program_->plan().threads, nullptr};
  const auto begin = std::chrono::steady_clock::now();
  auto before = begin;
  for (size_t i = 0; i < steps_.size(); ++i) {
    const StepArguments& step = steps_[i];
    if (Status status = step.kernel->run(context, step.in, step.out, step.workspace); not status)
      return {status.code(),
              fmt::format("step `{}` ({}): {}", program_->plan().steps[i].name, program_->plan().steps[i].tactic, status.message())};
    if (request.step_times == nullptr) continue;
    const auto after = std::chrono::steady_clock::now();
    request.step_times[i] = std::chrono::duration<double>(after - before).count();
    before = after;
  }
  if (request.times != nullptr) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    *request.times = {.transfer_in = 0, .compute = seconds, .transfer_out = 0, .enqueue = seconds};
  }
  return Status::ok();
}

}  // namespace burnish::runtime
