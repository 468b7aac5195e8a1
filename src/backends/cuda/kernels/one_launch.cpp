#include "backends/cuda/kernels/one_launch.h"

#include "backends/cuda/kernels/moves.h"

namespace burnish::cuda {

OneLaunch::OneLaunch(tactics::BuildContext& context, const std::string& source, int64_t count, unsigned threads) : empty_(count == 0) {
  grid_.threads = threads;
  grid_.blocks[0] = blocks_for(count, threads);
  grid_.may_start_early = true;
  if (empty_) return;
  code_ = std::make_unique<Code>(context, source);
  function_ = code_->function("kernel");
}

void OneLaunch::constant(tactics::DeviceMemory memory) {
  parameters_.push_back({.kind = Kind::constant, .index = constants_.size(), .value = {}});
  constants_.push_back(std::move(memory));
}

void OneLaunch::operand(const tactics::OpRequest& request, size_t index, const tactics::Format& format) {
  const bool there = index < request.inputs.size() and request.inputs[index].present;
  if (not there or request.inputs[index].constant == nullptr) return input(index);
  constant(upload_as(*request.inputs[index].constant, format));
}

void OneLaunch::copy_first(const tactics::OpRequest& request, size_t input, size_t output, const tactics::Format& format) {
  copy_ = {input, output, stored_bytes(format, request.output_dims(output))};
  if (request.inputs[input].constant != nullptr) copied_constant_ = upload_as(*request.inputs[input].constant, format);
  grid_.may_start_early = false;
}

Status OneLaunch::run(tactics::RunContext& context, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
                      void* /*workspace*/) const noexcept {
  if (copy_.bytes > 0) {
    const std::byte* source = copied_constant_.data() != nullptr ? copied_constant_.data() : in[copy_.input].data;
    if (source != out[copy_.output].data)
      if (Status status = gpu().copy(out[copy_.output].data, source, copy_.bytes, context.stream); not status) return status;
  }
  if (clear_.bytes > 0)
    if (Status status = gpu().fill(out[clear_.output].data, 0, clear_.bytes, context.stream); not status) return status;
  if (empty_) return Status::ok();
  std::array<const std::byte*, most_parameters> pointers{};
  std::array<void*, most_parameters> arguments{};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    switch (parameter.kind) {
      case Kind::input: pointers[i] = parameter.index < in.size() ? in[parameter.index].data : nullptr; break;
      case Kind::output: pointers[i] = parameter.index < out.size() ? out[parameter.index].data : nullptr; break;
      case Kind::constant: pointers[i] = constants_[parameter.index].data(); break;
      case Kind::value: break;
    }
    arguments[i] = parameter.kind == Kind::value ? const_cast<std::byte*>(parameter.value.data()) : static_cast<void*>(&pointers[i]);
  }
  return launch(function_, grid_, {arguments.data(), parameters_.size()}, context.stream);
}

}  // namespace burnish::cuda
