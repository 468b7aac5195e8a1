// The public Session: thin over SessionState, plus the convenience that checks and allocates.
#include "base/error.h"
#include "burnish/engine.h"
#include "runtime/session_state.h"

namespace burnish {
namespace {

void check_input(const TensorInfo& info, const Tensor& tensor) {
  if (not tensor.defined()) fail("input `{}` is missing", info.name);
  if (tensor.dtype() != info.dtype) fail("input `{}` should be {}, got {}", info.name, name_of(info.dtype), name_of(tensor.dtype()));
  if (tensor.dims() != info.dims)
    fail("input `{}` should have dimensions {}, got {}", info.name, text_of(info.dims), text_of(tensor.dims()));
}

}  // namespace

Session::Session(const Engine& engine, const SessionConfig& config)
    : state_(std::make_unique<runtime::SessionState>(engine.loaded_, config)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::bind_input(size_t index, const void* data, Memory memory) {
  state_->bind(plan::Place::input, index, static_cast<std::byte*>(const_cast<void*>(data)), memory);
}
void Session::bind_output(size_t index, void* data, Memory memory) {
  state_->bind(plan::Place::output, index, static_cast<std::byte*>(data), memory);
}

Status Session::run() noexcept { return state_->run({}); }
Status Session::run_timed(RunTimes& times, bool transfers) noexcept { return state_->run({.times = &times, .transfers = transfers}); }

Status Session::run_profiled(std::span<double> times) noexcept {
  if (times.size() < step_count()) return {StatusCode::invalid_argument, "run_profiled needs one time for each step"};
  return state_->run({.step_times = times.data()});
}

size_t Session::step_count() const { return state_->engine().plan().steps.size(); }
std::string_view Session::step_name(size_t index) const { return state_->engine().plan().steps.at(index).name; }

std::vector<Tensor> Session::run(std::span<const Tensor> inputs) {
  const std::vector<TensorInfo>& wanted = state_->engine().inputs();
  if (inputs.size() != wanted.size()) fail("the network has {} inputs, got {}", wanted.size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_input(wanted[i], inputs[i]);
    bind_input(i, inputs[i].data());
  }
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < state_->engine().outputs().size(); ++i) {
    const TensorInfo& info = state_->engine().outputs()[i];
    outputs.emplace_back(info.dtype, info.dims);
    bind_output(i, outputs.back().mutable_data());
  }
  if (const Status status = run(); not status) throw Error(status.message(), status.code());
  return outputs;
}

}  // namespace burnish
