// Gather on the GPU: whole slices by index. Constant indices become a copy that looks positions up, in channels last too; indices on the
// device (embeddings) are read by a kernel of their own.
#include "ops/gather.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/gather_sources.h"
#include "backends/cuda/kernels/mapped_copy.h"
#include "ops/axes.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

size_t axis_of(const OpRequest& request) { return ops::normalized_axis(request.op.as<ops::Gather>()->axis, request.dims(0).size()); }

int64_t product(std::span<const int64_t> dims, size_t first, size_t last) {
  int64_t result = 1;
  for (size_t i = first; i < last; ++i) result *= dims[i];
  return result;
}

/// The data's format: constants are packed to it.
Format data_format(const OpRequest& request, const Variant& variant) {
  return {variant.outputs[0].storage,
          request.inputs[0].constant == nullptr ? variant.inputs[0].layout : Layout::row_major(request.dims(0).size()),
          tactics::Space::device};
}

MappedCopy mapped(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  const Dims dims = request.dims(0);
  const size_t axis = axis_of(request);
  const Format format = data_format(request, variant);
  const Dims strides = format.layout.strides(dims);
  std::vector<AxisMap> axes;
  for (const uint8_t at : format.layout.order) {
    if (at != axis) {
      axes.push_back({dims[at], strides[at], {}});
      continue;
    }
    AxisMap map{element_count(request.dims(1)), strides[at], parameter(request, 1)};
    for (int64_t& index : map.table) index += index < 0 ? dims[at] : 0;
    axes.push_back(std::move(map));
  }
  return MappedCopy(context, std::move(axes), byte_size(format.storage), {});
}

class GatherKernel final : public tactics::Kernel {
 public:
  GatherKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
    const Dims dims = request.dims(0);
    const size_t axis = axis_of(request);
    const Format format = data_format(request, variant);
    const int64_t slice_bytes = product(dims, axis + 1, dims.size()) * static_cast<int64_t>(byte_size(format.storage));
    const int word = word_of(slice_bytes);
    inner_ = static_cast<uint32_t>(slice_bytes / word);
    extent_ = static_cast<uint32_t>(dims[axis]);
    picks_ = static_cast<uint32_t>(element_count(request.dims(1)));
    count_ = static_cast<uint32_t>(product(dims, 0, axis) * picks_ * inner_);
    grid_.threads = count_ < 64 * 1024 ? 128 : 256;
    grid_.blocks[0] = blocks_for(count_, grid_.threads);
    grid_.may_start_early = true;
    if (request.inputs[0].constant != nullptr) data_ = upload_as(*request.inputs[0].constant, format);
    code_ = std::make_unique<Code>(context, gather_source(word, request.inputs[1].type.dtype));
    function_ = code_->function("gather");
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    if (count_ == 0) return Status::ok();
    const std::byte* from = data_.data() == nullptr ? in[0].data : data_.data();
    std::array<const void*, 7> arguments{&from, &in[1].data, &out[0].data, &count_, &extent_, &picks_, &inner_};
    return launch(function_, grid_, {const_cast<void**>(arguments.data()), arguments.size()}, context.stream);
  }

 private:
  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  tactics::DeviceMemory data_;
  uint32_t count_ = 0, extent_ = 1, picks_ = 1, inner_ = 1;
};

class CudaGather final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.gather"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Gather>()) return Verdict::no("not a Gather");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (request.inputs[1].constant == nullptr) {
      if (std::string reason = index_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
      return Verdict::yes();
    }
    const int64_t extent = request.dims(0).at(axis_of(request));
    for (const int64_t index : parameter(request, 1))
      if (index < -extent or index >= extent) return Verdict::no(fmt::format("index {} is outside an axis of size {}", index, extent));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.dims(0).size();
    const bool any_layout = request.inputs[1].constant != nullptr and request.inputs[0].constant == nullptr and request.dims(1).size() == 1;
    const std::vector<Layout> layouts = any_layout ? usual_layouts(rank) : std::vector{Layout::row_major(rank)};
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : layouts) {
        Variant variant = plain_variant(request, lowered);
        variant.inputs[0].layout = layout;
        if (any_layout) variant.outputs[0].layout = layout;
        variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered));
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    if (request.inputs[1].constant == nullptr) return std::make_unique<GatherKernel>(context, request, variant);
    tactics::DeviceMemory data;
    if (request.inputs[0].constant != nullptr) data = upload_as(*request.inputs[0].constant, data_format(request, variant));
    return std::make_unique<MoveKernel<MappedCopy>>(mapped(context, request, variant), std::move(data));
  }
};

}  // namespace

void register_gather(tactics::Registry& registry) { registry.add(std::make_unique<CudaGather>()); }

}  // namespace burnish::cuda
