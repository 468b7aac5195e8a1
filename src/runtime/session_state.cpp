#include "runtime/session_state.h"

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"

namespace burnish::runtime {
namespace {

std::byte* allocate_arena(int64_t bytes) {
  const size_t rounded = (static_cast<size_t>(bytes) + 4095) / 4096 * 4096;
  void* memory = std::aligned_alloc(4096, std::max<size_t>(rounded, 4096));
  if (memory == nullptr) throw Error(fmt::format("no memory for an arena of {} bytes", bytes), StatusCode::resource_exhausted);
  return static_cast<std::byte*>(memory);
}

}  // namespace

SessionState::SessionState(std::shared_ptr<const LoadedEngine> engine, const SessionConfig& config)
    : engine_(std::move(engine)), arena_(allocate_arena(engine_->plan().memory.arena_bytes), std::free) {
  const plan::Plan& plan = engine_->plan();
  if (config.fill_arena >= 0) std::memset(arena_.get(), config.fill_arena, static_cast<size_t>(plan.memory.arena_bytes));
  size_t count = 0;
  for (const plan::Step& step : plan.steps) count += step.inputs.size() + step.outputs.size();
  buffers_.reserve(count);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const plan::Step& step = plan.steps[i];
    StepArguments arguments;
    arguments.kernel = engine_->kernels()[i].get();
    arguments.workspace = step.variant.workspace > 0 ? arena_.get() + step.workspace_offset : nullptr;
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

void SessionState::add_buffer(uint32_t tensor) {
  tactics::BufferRef buffer;
  if (tensor != plan::no_tensor) {
    const plan::TensorSlot& slot = engine_->plan().tensors[tensor];
    buffer.bytes = slot.bytes;
    const auto at = static_cast<uint32_t>(buffers_.size());
    switch (slot.place) {
      case plan::Place::arena: buffer.data = arena_.get() + slot.offset; break;
      case plan::Place::constant: buffer.data = const_cast<std::byte*>(engine_->plan().constants[slot.index]->data()) + slot.offset; break;
      case plan::Place::none: buffer.data = arena_.get(); break;  // no bytes: any valid address
      case plan::Place::input:
      case plan::Place::output: patches_.push_back({slot.place, slot.index, at, slot.offset}); break;
    }
  }
  buffers_.push_back(buffer);
}

void SessionState::bind(plan::Place place, size_t index, std::byte* data) {
  std::vector<bool>& bound = place == plan::Place::input ? inputs_bound_ : outputs_bound_;
  if (index >= bound.size()) fail("binding {} of {}", index, bound.size());
  bound[index] = data != nullptr or (place == plan::Place::input ? engine_->inputs() : engine_->outputs())[index].bytes == 0;
  for (const Patch& patch : patches_)
    if (patch.place == place and patch.index == index) buffers_[patch.buffer].data = data + patch.offset;
}

Status SessionState::check_bound() const {
  for (size_t i = 0; i < inputs_bound_.size(); ++i)
    if (not inputs_bound_[i])
      return {StatusCode::invalid_argument, fmt::format("input {} (`{}`) is not bound", i, engine_->inputs()[i].name)};
  for (size_t i = 0; i < outputs_bound_.size(); ++i)
    if (not outputs_bound_[i])
      return {StatusCode::invalid_argument, fmt::format("output {} (`{}`) is not bound", i, engine_->outputs()[i].name)};
  return Status::ok();
}

Status SessionState::run(double* times) noexcept {
  if (Status bound = check_bound(); not bound) return bound;
  tactics::RunContext context{engine_->plan().threads, nullptr};
  if (thread_count() != context.threads) set_thread_count(context.threads);
  auto before = std::chrono::steady_clock::now();
  for (size_t i = 0; i < steps_.size(); ++i) {
    const StepArguments& step = steps_[i];
    if (Status status = step.kernel->run(context, step.in, step.out, step.workspace); not status)
      return {status.code(),
              fmt::format("step `{}` ({}): {}", engine_->plan().steps[i].name, engine_->plan().steps[i].tactic, status.message())};
    if (times == nullptr) continue;
    const auto after = std::chrono::steady_clock::now();
    times[i] = std::chrono::duration<double>(after - before).count();
    before = after;
  }
  return Status::ok();
}

}  // namespace burnish::runtime
