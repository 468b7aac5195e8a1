// The public Session: thin over SessionState, or over DynamicSession where sizes are open, plus the convenience that checks and allocates.
#include <algorithm>

#include "base/error.h"
#include "burnish/engine.h"
#include "runtime/dynamic_session.h"

namespace burnish {
namespace {

void check_input(const TensorInfo& info, const Tensor& tensor) {
  if (not tensor.defined()) fail("input `{}` is missing", info.name);
  if (tensor.kind() != info.kind) fail("input `{}` should be a {}, got a {}", info.name, name_of(info.kind), name_of(tensor.kind()));
  if (tensor.dtype() != info.dtype) fail("input `{}` should be {}, got {}", info.name, name_of(info.dtype), name_of(tensor.dtype()));
}

void check_dims(const TensorInfo& info, const Tensor& tensor) {
  if (tensor.dims() != info.dims)
    fail("input `{}` should have dimensions {}, got {}", info.name, text_of(info.dims), text_of(tensor.dims()));
}

}  // namespace

Session::Session(const Engine& engine, const SessionConfig& config) : engine_(engine.loaded_) {
  if (engine.is_dynamic()) dynamic_ = std::make_unique<runtime::DynamicSession>(engine_, config);
  else state_ = std::make_unique<runtime::SessionState>(engine_->program(), config);
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::bind_input(size_t index, const void* data, Memory memory) {
  auto* const bytes = static_cast<std::byte*>(const_cast<void*>(data));
  if (dynamic_) dynamic_->bind(plan::Place::input, index, bytes, memory);
  else state_->bind(plan::Place::input, index, bytes, memory);
}
void Session::bind_output(size_t index, void* data, Memory memory) {
  if (dynamic_) dynamic_->bind(plan::Place::output, index, static_cast<std::byte*>(data), memory);
  else state_->bind(plan::Place::output, index, static_cast<std::byte*>(data), memory);
}

void Session::set_input_dims(size_t index, std::span<const int64_t> dims) {
  if (dynamic_) return dynamic_->set_input_dims(index, dims);
  const TensorInfo& info = engine_->inputs().at(index);
  if (not std::ranges::equal(info.dims, dims))
    fail("input `{}` was built for {}, not for {}: build the engine with a range of shapes", info.name, text_of(info.dims), text_of(dims));
}

std::optional<Dims> Session::input_dims(size_t index) const {
  return dynamic_ ? dynamic_->input_dims(index) : std::optional(engine_->inputs().at(index).dims);
}

std::optional<Dims> Session::output_dims(size_t index) {
  return dynamic_ ? dynamic_->output_dims(index) : std::optional(engine_->outputs().at(index).dims);
}

const Tensor& Session::output(size_t index) const {
  if (not dynamic_) fail("the engine's sizes are fixed: outputs are where they were bound");
  return dynamic_->output(index);
}

Status Session::run() noexcept { return dynamic_ ? dynamic_->run(runtime::RunRequest{}) : state_->run({}); }
Status Session::run_timed(RunTimes& times, bool transfers) noexcept {
  const runtime::RunRequest request{.times = &times, .transfers = transfers};
  return dynamic_ ? dynamic_->run(request) : state_->run(request);
}

Status Session::run_profiled(std::span<double> times) noexcept {
  if (times.size() < step_count()) return {StatusCode::invalid_argument, "run_profiled needs one time for each step"};
  const runtime::RunRequest request{.step_times = times.data()};
  return dynamic_ ? dynamic_->run(request) : state_->run(request);
}

size_t Session::step_count() const {
  const runtime::Program* program = dynamic_ ? dynamic_->program() : engine_->program().get();
  return program == nullptr ? 0 : program->plan().steps.size();
}
std::string_view Session::step_name(size_t index) const {
  const runtime::Program* program = dynamic_ ? dynamic_->program() : engine_->program().get();
  if (program == nullptr) fail("the sizes of this network depend on data: it has no fixed row of steps");
  return program->plan().steps.at(index).name;
}

std::vector<Tensor> Session::run(std::span<const Tensor> inputs) {
  const std::vector<TensorInfo>& wanted = engine_->inputs();
  if (inputs.size() != wanted.size()) fail("the network has {} inputs, got {}", wanted.size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) check_input(wanted[i], inputs[i]);
  if (dynamic_) return dynamic_->run(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_dims(wanted[i], inputs[i]);
    bind_input(i, inputs[i].data());
  }
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < engine_->outputs().size(); ++i) {
    const TensorInfo& info = engine_->outputs()[i];
    outputs.emplace_back(info.dtype, info.dims);
    bind_output(i, outputs.back().mutable_data());
  }
  if (const Status status = run(); not status) throw Error(status.message(), status.code());
  return outputs;
}

}  // namespace burnish
