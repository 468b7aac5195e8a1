// Pointwise programs on the GPU: one generated kernel for a whole program, in every layout that its full-shaped operands share.
#include <algorithm>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/elementwise.h"
#include "backends/cuda/kernels/formats.h"
#include "ops/pointwise.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr size_t most_operands = 32;

/// Axes of the domain in the order of the output's memory, so that threads walk along what is contiguous.
Dims reordered(const Dims& values, const Layout& layout) {
  Dims made;
  for (const uint8_t axis : layout.order) made.push_back(values[axis]);
  return made;
}

class PointwiseKernel final : public tactics::Kernel {
 public:
  PointwiseKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) : constants_(request, variant) {
    const Dims domain = request.output_dims();
    const Layout& order = variant.outputs[0].layout;
    const auto walked = [&](const Format& format, const Dims& dims) {
      StridedOperand operand = strided(format, dims, domain);
      operand.strides = reordered(operand.strides, order);
      return operand;
    };
    std::vector<StridedOperand> inputs, outputs;
    for (size_t i = 0; i < request.inputs.size(); ++i) inputs.push_back(walked(variant.inputs[i], request.dims(i)));
    for (const Format& format : variant.outputs) outputs.push_back(walked(format, domain));
    elementwise_ = std::make_unique<Elementwise>(context, request.op.as<ops::Pointwise>()->expr, reordered(domain, order),
                                                 std::move(inputs), std::move(outputs));
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    std::array<const std::byte*, most_operands> sources{};
    std::array<std::byte*, most_operands> targets{};
    for (size_t i = 0; i < in.size(); ++i) sources[i] = constants_.of(i, in[i].data);
    for (size_t i = 0; i < out.size(); ++i) targets[i] = out[i].data;
    return elementwise_->run({sources.data(), in.size()}, {targets.data(), out.size()}, context.stream);
  }

 private:
  DeviceConstants constants_;
  std::unique_ptr<Elementwise> elementwise_;
};

class CudaPointwise final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.pointwise"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pointwise = request.op.as<ops::Pointwise>();
    if (pointwise == nullptr) return Verdict::no("not pointwise");
    if (std::string reason = elementwise_refusal(pointwise->expr, request.inputs.size() + request.outputs.size(), request.output_dims());
        not reason.empty())
      return Verdict::no(std::move(reason));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.outputs[0].shape.rank();
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(rank)) {
        Variant variant = plain_variant(request, lowered);
        for (size_t i = 0; i < request.inputs.size(); ++i)
          if (request.inputs[i].constant == nullptr and request.dims(i).size() == rank) variant.inputs[i].layout = layout;
        for (Format& format : variant.outputs) format.layout = layout;
        variant.estimate = memory_seconds(request, variant);
        variant.in_place = in_place(request, variant);
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<PointwiseKernel>(context, request, variant);
  }

 private:
  /// An input of the output's own shape and storage, read element by element just before it is overwritten.
  static int in_place(const OpRequest& request, const Variant& variant) {
    for (size_t i = 0; i < request.inputs.size(); ++i)
      if (request.inputs[i].constant == nullptr and request.dims(i) == request.output_dims() and variant.inputs[i] == variant.outputs[0])
        return static_cast<int>(i);
    return -1;
  }
};

}  // namespace

void register_pointwise(tactics::Registry& registry) { registry.add(std::make_unique<CudaPointwise>()); }

}  // namespace burnish::cuda
