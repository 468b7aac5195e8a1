// Pools of one to three spatial axes, with any epilogue; several channels to a thread where they lie last.
#include "ops/pool.h"

#include <algorithm>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/kernel_sources.h"
#include "backends/cuda/kernels/windows.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

ops::WindowBox box_of(const OpRequest& request) {
  const auto& pool = *request.op.as<ops::Pool>();
  const Dims input = request.dims(0), output = request.output_dims();
  return ops::window_box(std::span(input).subspan(2), std::span(output).subspan(2), window_of(pool, request.inputs[0].type.shape));
}

int width_of(const OpRequest& request, const Variant& variant) {
  if (not is_channels_last(variant.outputs[0].layout)) return 1;
  return channels_together(variant.inputs[0], request.dims(0));
}

Tail tail_of(const OpRequest& request, const Variant& variant) {
  return image_tail(request, variant, tail_program(request), {}, width_of(request, variant));
}

class PoolKernel final : public tactics::Kernel {
 public:
  PoolKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant)
      : constants_(request, variant), arguments_(tail_of(request, variant), tail_program(request).inputs) {
    const int width = width_of(request, variant);
    count_ = static_cast<uint32_t>(element_count(request.output_dims()) / width);
    if (count_ == 0) return;
    ParameterBytes shape;
    shape.add(uint64_t{0});
    for (const int64_t stride : image_strides(variant.inputs[0], request.dims(0))) shape.add(stride);
    const ImageDims extents = image_extents(request.output_dims());
    const auto walk = walk_of(variant.outputs[0].layout);
    for (size_t i = 0; i < walk.size(); ++i) shape.add(static_cast<uint32_t>(extents[walk[i]] / (i + 1 == walk.size() ? width : 1)));
    shape.add(count_);
    const ops::WindowBox box = box_of(request);
    for (const ops::WindowAxis& axis : box) shape.add(static_cast<int32_t>(axis.input));
    for (const ops::WindowAxis& axis : box) shape.add(static_cast<int32_t>(axis.pad_begin));
    for (const ops::WindowAxis& axis : box) shape.add(static_cast<int32_t>(axis.pad_end));
    shape_ = shape.finish();
    code_ = std::make_unique<Code>(context, pool_source(request, variant));
    function_ = code_->function("run_pool");
    grid_.threads = count_ < 64 * 1024 ? 64 : 256;
    grid_.blocks[0] = (count_ + grid_.threads - 1) / grid_.threads;
    grid_.may_start_early = true;
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    if (count_ == 0) return Status::ok();
    std::array<std::byte, 256> shape;
    std::memcpy(shape.data(), shape_.data(), shape_.size());
    const std::byte* data = constants_.of(0, in[0].data);
    std::memcpy(shape.data(), &data, sizeof(data));
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

class CudaPool final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.pool"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pool = request.op.as<ops::Pool>();
    if (pool == nullptr) return Verdict::no("not a pool");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.dims(0).size() > image_axes) return Verdict::no("more than three spatial axes");
    if (not request.has_epilogue() and request.outputs.size() > 1 and request.wanted[1]) return Verdict::no("indices are not given out");
    const DType type = request.inputs[0].type.dtype;
    if (not is_floating(type) and (pool->kind != ops::PoolKind::max or byte_size(type) != 1)) return Verdict::no("not of floating numbers");
    for (const ops::WindowAxis& axis : box_of(request))
      if (axis.input > INT32_MAX / 2 or axis.kernel * axis.dilation > INT32_MAX / 2) return Verdict::no("extents above 2^30");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    int64_t elements = 1;
    for (const ops::WindowAxis& axis : box_of(request)) elements *= axis.kernel;
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        Variant variant = anchored_variant(request, lowered, layout, layout);
        constexpr double loads_a_second = 4e12;
        const double loads = static_cast<double>(element_count(request.output_dims()) * elements) / width_of(request, variant);
        variant.estimate = std::max(memory_seconds(request, variant), 1.5e-6 + loads / loads_a_second);
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<PoolKernel>(context, request, variant);
  }
};

}  // namespace

std::string pool_source(const OpRequest& request, const Variant& variant) {
  const auto& pool = *request.op.as<ops::Pool>();
  const std::string type = stored_type(variant.inputs[0].storage);
  return fmt::format(
      "#include \"pool.cuh\"\n{}extern \"C\" __global__ void __launch_bounds__(256) run_pool(const __grid_constant__ PoolShape<{}> shape, "
      "const __grid_constant__ Tail tail) {{\n  release_next();\n  wait_for_inputs();\n"
      "  pool<Pooling::{}, {}, {}, {}, {}, {}>(shape, tail);\n}}\n",
      tail_of(request, variant).source(), type, ops::EnumNames<ops::PoolKind>::names[static_cast<size_t>(pool.kind)], pool.p,
      pool.count_include_pad, is_channels_last(variant.outputs[0].layout), width_of(request, variant), window_types(box_of(request)));
}

void register_pool(tactics::Registry& registry) { registry.add(std::make_unique<CudaPool>()); }

}  // namespace burnish::cuda
