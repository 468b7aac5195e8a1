#include "runtime/dynamic_session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>

#include "base/error.h"
#include "ir/evaluate.h"

namespace burnish::runtime {
namespace {

/// Arenas of programs not in use are given back beyond this, least recently used first.
constexpr size_t most_arena_bytes = size_t{1} << 30U;
constexpr size_t most_states = 512;

}  // namespace

DynamicSession::DynamicSession(std::shared_ptr<const LoadedEngine> engine, const SessionConfig& config)
    : engine_(std::move(engine)),
      config_(config),
      dims_(engine_->initial_dims()),
      inputs_(engine_->inputs().size()),
      outputs_(engine_->outputs().size()),
      results_(engine_->outputs().size()) {}

void DynamicSession::set_input_dims(size_t index, std::span<const int64_t> dims) {
  if (index >= dims_.size()) fail("input {} of {}", index, dims_.size());
  if (dims_[index] and std::ranges::equal(*dims_[index], dims)) return;
  engine_->check_dims(index, dims);
  dims_[index] = Dims(dims.begin(), dims.end());
  current_ = nullptr;
}

std::vector<Dims> DynamicSession::dims_set() const {
  std::vector<Dims> dims;
  for (size_t i = 0; i < dims_.size(); ++i) {
    if (not dims_[i]) fail("input `{}` has no dimensions yet: set them", engine_->inputs()[i].name);
    dims.push_back(*dims_[i]);
  }
  return dims;
}

void DynamicSession::specialize() {
  if (current_ == nullptr) current_ = engine_->graph().specialized(dims_set(), {});
}

const Program* DynamicSession::program() {
  specialize();
  return current_ == nullptr ? nullptr : current_->program.get();
}

std::optional<Dims> DynamicSession::output_dims(size_t index) {
  if (index >= outputs_.size()) fail("output {} of {}", index, outputs_.size());
  const Program* known = program();
  return known == nullptr ? std::nullopt : std::optional(known->outputs()[index].dims);
}

void DynamicSession::bind(plan::Place place, size_t index, std::byte* data, Memory memory) {
  std::vector<Bound>& bound = place == plan::Place::input ? inputs_ : outputs_;
  if (index >= bound.size()) fail("binding {} of {}", index, bound.size());
  bound[index] = {data, memory};
}

SessionState& DynamicSession::state_of(const std::shared_ptr<const Program>& program) {
  State& state = states_[program.get()];
  state.used = ++clock_;
  if (state.state != nullptr) return *state.state;
  state.state = std::make_unique<SessionState>(program, config_);
  state_bytes_ += state.state->arena_bytes();
  while ((state_bytes_ > most_arena_bytes or states_.size() > most_states) and states_.size() > 1) {
    const auto oldest = std::ranges::min_element(states_, {}, [](const auto& entry) { return entry.second.used; });
    state_bytes_ -= oldest->second.state->arena_bytes();
    states_.erase(oldest);
  }
  return *states_.at(program.get()).state;
}

std::vector<Tensor> DynamicSession::bound_inputs() const {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const TensorInfo& info = engine_->inputs()[i];
    if (info.kind != ValueKind::tensor or info.dtype == DType::string)
      fail("input `{}` is a {} of {}, which has no memory to bind: run the session with tensors", info.name, name_of(info.kind),
           name_of(info.dtype));
    if (inputs_[i].memory == Memory::device) fail("input `{}` lies in device memory, but sizes in this network depend on data", info.name);
    tensors.push_back(Tensor::borrowed(info.dtype, *dims_[i], inputs_[i].data));
  }
  return tensors;
}

Status DynamicSession::run_bound(const RunRequest& request) {
  specialize();
  std::shared_ptr<const Specialization> now = current_;
  if (now == nullptr) now = engine_->graph().specialized(dims_set(), bound_inputs());
  if (now->program == nullptr or std::ranges::any_of(outputs_, [](const Bound& bound) { return bound.data == nullptr; })) {
    const auto begin = std::chrono::steady_clock::now();
    deliver(now->program ? run_program(now->program, bound_inputs()) : run_stages(*now->stages, bound_inputs()));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (request.times != nullptr) *request.times = {.transfer_in = 0, .compute = seconds, .transfer_out = 0, .enqueue = seconds};
    return Status::ok();
  }
  SessionState& state = state_of(now->program);
  for (size_t i = 0; i < inputs_.size(); ++i) state.bind(plan::Place::input, i, inputs_[i].data, inputs_[i].memory);
  for (size_t i = 0; i < outputs_.size(); ++i) state.bind(plan::Place::output, i, outputs_[i].data, outputs_[i].memory);
  return state.run(request);
}

/// Results go where memory was bound for them, and are kept where none was.
void DynamicSession::deliver(std::vector<Tensor> results) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (outputs_[i].data != nullptr) {
      if (not results[i].is_tensor() or results[i].dtype() == DType::string)
        fail("output `{}` is no array of numbers and cannot be bound", engine_->outputs()[i].name);
      if (outputs_[i].memory == Memory::device)
        fail("output `{}` is bound to device memory, but sizes in this network depend on data", engine_->outputs()[i].name);
      if (results[i].bytes() > 0) std::memcpy(outputs_[i].data, results[i].data(), results[i].bytes());
    }
    results_[i] = std::move(results[i]);
  }
}

Status DynamicSession::run(const RunRequest& request) noexcept {
  iterations_ = 0;
  try {
    return run_bound(request);
  } catch (const Error& error) { return {error.code(), error.what()}; } catch (const std::bad_alloc&) {
    return {StatusCode::resource_exhausted, "there is not enough memory"};
  } catch (const std::exception& error) { return {StatusCode::internal, error.what()}; }
}

std::vector<Tensor> DynamicSession::run(std::span<const Tensor> inputs) {
  iterations_ = 0;
  for (size_t i = 0; i < inputs.size(); ++i) set_input_dims(i, inputs[i].dims());
  return run_graph(engine_->graph(), inputs);
}

std::vector<Tensor> DynamicSession::run_graph(DynamicGraph& graph, std::span<const Tensor> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (const Value& input = graph.graph().value(graph.graph().inputs()[i]); input.type.is_host_only())
      expect_type(input.type, inputs[i], fmt::format("input `{}`", input.name));
  std::vector<Dims> dims;
  for (const Tensor& input : inputs) dims.push_back(input.dims());
  const std::shared_ptr<const Specialization> made = graph.specialized(dims, inputs);
  return made->program ? run_program(made->program, inputs) : run_stages(*made->stages, inputs);
}

std::vector<Tensor> DynamicSession::run_program(const std::shared_ptr<const Program>& program, std::span<const Tensor> inputs) {
  SessionState& state = state_of(program);
  for (size_t i = 0; i < inputs.size(); ++i) state.bind(plan::Place::input, i, const_cast<std::byte*>(inputs[i].data()), Memory::host);
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < program->outputs().size(); ++i) {
    const TensorInfo& info = program->outputs()[i];
    outputs.push_back(Tensor::uninitialized(info.dtype, info.dims));
    state.bind(plan::Place::output, i, outputs.back().mutable_data(), Memory::host);
  }
  if (const Status status = state.run({}); not status) throw Error(status.message(), status.code());
  return outputs;
}

std::vector<Tensor> DynamicSession::run_stages(const StagedProgram& program, std::span<const Tensor> inputs) {
  std::vector<Tensor> slots = program.slots;
  for (size_t i = 0; i < inputs.size(); ++i) slots[program.inputs[i]] = inputs[i];
  for (const Stage& stage : program.stages) run_stage(stage, slots);
  std::vector<Tensor> outputs;
  for (const uint32_t output : program.outputs) outputs.push_back(slots[output]);
  return outputs;
}

void DynamicSession::run_stage(const Stage& stage, std::vector<Tensor>& slots) {
  std::vector<Tensor> inputs;
  for (const uint32_t slot : stage.inputs) inputs.push_back(slot == no_slot ? Tensor() : slots[slot]);
  const auto run_body = [&](size_t body, std::span<const Tensor> values) {
    if (config_.most_iterations > 0 and ++iterations_ > config_.most_iterations)
      throw Error(fmt::format("{}: its bodies ran {} times, which is the limit", describe(stage.node), config_.most_iterations),
                  StatusCode::resource_exhausted);
    return run_graph(*stage.bodies.at(body), values);
  };
  std::vector<Tensor> made = stage.part ? run_graph(*stage.part, inputs) : evaluate(stage.node, inputs, run_body);
  for (size_t i = 0; i < stage.types.size(); ++i)
    expect_type(stage.types[i], made.at(i), fmt::format("output {} of {}", i, describe(stage.node)));
  for (size_t i = 0; i < made.size(); ++i) slots[stage.outputs[i]] = std::move(made[i]);
  for (const uint32_t slot : stage.last_uses) slots[slot] = {};
}

}  // namespace burnish::runtime
