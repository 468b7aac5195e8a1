// Convolutions and transposed convolutions by their definition, for every shape, group, type and layout that nothing faster takes,
// weights known or not, with any epilogue.
#include <algorithm>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "backends/cuda/kernels/windows.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "tactics/registry.h"
#include "tactics/work.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

bool is_transposed(const OpRequest& request) { return request.op.is<ops::ConvTranspose>(); }

int64_t group_of(const OpRequest& request) {
  if (const auto* conv = request.op.as<ops::Conv>()) return conv->group;
  return request.op.as<ops::ConvTranspose>()->group;
}

ops::WindowBox box_of(const OpRequest& request) {
  const Shape &input = request.inputs[0].type.shape, &weight = request.inputs[1].type.shape;
  const auto* conv = request.op.as<ops::Conv>();
  const ops::Window window =
      conv != nullptr ? window_of(*conv, input, weight) : window_of(*request.op.as<ops::ConvTranspose>(), input, weight);
  const Dims from = request.dims(0), to = request.output_dims();
  return ops::window_box(std::span(from).subspan(2), std::span(to).subspan(2), window);
}

TailProgram program_of(const OpRequest& request) { return affine_tail_program(request, {}, input_at(request, 2)); }

Tail tail_of(const OpRequest& request, const Variant& variant) {
  const std::vector<size_t> by_channel = input_at(request, 2) ? std::vector<size_t>{0} : std::vector<size_t>{};
  return image_tail(request, variant, program_of(request), by_channel, 1);
}

class DirectConvKernel final : public tactics::Kernel {
 public:
  DirectConvKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant)
      : constants_(request, variant), arguments_(tail_of(request, variant), program_of(request).inputs) {
    count_ = static_cast<uint32_t>(element_count(request.output_dims()));
    if (count_ == 0) return;
    ParameterBytes shape;
    shape.add(uint64_t{0});
    shape.add(uint64_t{0});
    for (const int64_t stride : image_strides(variant.inputs[0], request.dims(0))) shape.add(stride);
    const ImageDims extents = image_extents(request.output_dims());
    for (const size_t axis : walk_of(variant.outputs[0].layout)) shape.add(static_cast<uint32_t>(extents[axis]));
    shape.add(count_);
    shape.add(static_cast<uint32_t>(request.dims(0)[1] / group_of(request)));
    shape.add(static_cast<uint32_t>(request.output_dims()[1] / group_of(request)));
    const ops::WindowBox box = box_of(request);
    for (const ops::WindowAxis& axis : box) shape.add(static_cast<int32_t>(axis.input));
    for (const ops::WindowAxis& axis : box) shape.add(static_cast<int32_t>(axis.pad_begin));
    shape_ = shape.finish();
    code_ = std::make_unique<Code>(context, conv_direct_source(request, variant));
    function_ = code_->function("convolve");
    grid_.threads = count_ < 64 * 1024 ? 64 : 256;
    grid_.blocks[0] = (count_ + grid_.threads - 1) / grid_.threads;
    grid_.may_start_early = true;
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    if (count_ == 0) return Status::ok();
    std::array<std::byte, 256> shape;
    std::memcpy(shape.data(), shape_.data(), shape_.size());
    const std::array<const std::byte*, 2> data{constants_.of(0, in[0].data), constants_.of(1, in[1].data)};
    std::memcpy(shape.data(), data.data(), sizeof(data));
    Tail::Argument tail;
    arguments_.pack(constants_, in, out, tail);
    std::array<void*, 2> arguments{shape.data(), tail.data()};
    return launch(function_, grid_, arguments, context.stream);
  }

 private:
  DeviceConstants constants_;
  ImageArguments arguments_;
  uint32_t count_ = 0;
  std::vector<std::byte> shape_;
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
};

class CudaDirectConv final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.conv_direct"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Conv>() and not request.op.is<ops::ConvTranspose>()) return Verdict::no("not a convolution");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.dims(0).size() > image_axes) return Verdict::no("more than three spatial axes");
    if (not is_floating(request.inputs[0].type.dtype)) return Verdict::no("not of floating numbers");
    for (const ops::WindowAxis& axis : box_of(request))
      if (axis.input > INT32_MAX / 2 or axis.output * axis.stride > INT32_MAX / 2 or axis.kernel * axis.dilation > INT32_MAX / 2)
        return Verdict::no("extents above 2^30");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        Variant variant = anchored_variant(request, lowered, layout, layout);
        constexpr double operations_a_second = 1e12;
        variant.estimate = memory_seconds(request, variant) + tactics::work_of(request).operations / operations_a_second;
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<DirectConvKernel>(context, request, variant);
  }
};

}  // namespace

std::string conv_direct_source(const OpRequest& request, const Variant& variant) {
  return fmt::format(
      "#include \"conv_direct.cuh\"\n{}extern \"C\" __global__ void __launch_bounds__(256) convolve(const __grid_constant__ "
      "ConvShape<{}, {}> shape, const __grid_constant__ Tail tail) {{\n  release_next();\n  wait_for_inputs();\n"
      "  conv_direct<{}, {}, {}>(shape, tail);\n}}\n",
      tail_of(request, variant).source(), stored_type(variant.inputs[0].storage), stored_type(variant.inputs[1].storage),
      is_transposed(request), is_channels_last(variant.outputs[0].layout), window_types(box_of(request)));
}

void register_conv_direct(tactics::Registry& registry) { registry.add(std::make_unique<CudaDirectConv>()); }

}  // namespace burnish::cuda
