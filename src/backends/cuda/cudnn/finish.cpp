#include "backends/cuda/cudnn/finish.h"

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"

namespace burnish::cuda::cudnn {

using tactics::OpRequest;
using tactics::Variant;

namespace {

Dims in_order(const Dims& values, const Layout& layout) {
  Dims made;
  for (const uint8_t axis : layout.order) made.push_back(values[axis]);
  return made;
}

/// As they broadcast to the output: the anchor's own bias stands along the channels.
Dims operand_dims(const OpRequest& request, size_t input) {
  if (input >= request.anchor_inputs) return request.dims(input);
  Dims dims(request.output_dims().size() - 1, 1);
  dims[0] = request.output_dims()[1];
  return dims;
}

}  // namespace

std::string finish_refusal(const OpRequest& request, std::optional<size_t> bias) {
  if (not request.wanted.at(0)) return "nobody reads the epilogue's first result";
  const TailProgram program = affine_tail_program(request, {}, bias);
  return elementwise_refusal(program.expr, program.inputs.size() + 1 + request.outputs.size(), request.output_dims());
}

Finish::Finish(tactics::BuildContext& context, const OpRequest& request, const Variant& variant, std::optional<size_t> bias)
    : program_(affine_tail_program(request, {}, bias)) {
  const Dims domain = request.output_dims();
  const Layout& order = variant.outputs[0].layout;
  const auto walked = [&](const tactics::Format& format, const Dims& dims) {
    StridedOperand operand = strided(format, dims, domain);
    operand.strides = in_order(operand.strides, order);
    return operand;
  };
  std::vector<StridedOperand> inputs{walked(variant.outputs[0], domain)}, outputs;
  for (const size_t input : program_.inputs) {
    const Dims dims = operand_dims(request, input);
    const auto& constant = request.inputs[input].constant;
    constants_.push_back(constant == nullptr ? tactics::DeviceMemory() : upload(constant->data(), static_cast<int64_t>(constant->bytes())));
    tactics::Format format = constant == nullptr ? variant.inputs[input] : device_format(request.inputs[input].type);
    if (format.layout.order.size() != dims.size()) format.layout = Layout::row_major(dims.size());
    inputs.push_back(walked(format, dims));
  }
  for (const tactics::Format& format : variant.outputs) outputs.push_back(walked(format, domain));
  elementwise_ = std::make_unique<Elementwise>(context, program_.expr, in_order(domain, order), std::move(inputs), std::move(outputs));
}

Status Finish::run(std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out, void* stream) const noexcept {
  std::array<const std::byte*, most_operands> sources{out[0].data};
  std::array<std::byte*, most_operands> targets{};
  for (size_t i = 0; i < program_.inputs.size(); ++i)
    sources[i + 1] = constants_[i].data() != nullptr ? constants_[i].data() : in[program_.inputs[i]].data;
  for (size_t i = 0; i < out.size(); ++i) targets[i] = out[i].data;
  return elementwise_->run({sources.data(), program_.inputs.size() + 1}, {targets.data(), out.size()}, stream);
}

}  // namespace burnish::cuda::cudnn
