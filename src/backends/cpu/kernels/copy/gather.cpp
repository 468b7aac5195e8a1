// Gather along one axis: whole slices copied by index, on all threads. Any element type, row-major.
#include <atomic>
#include <cstring>

#include "backends/cpu/kernels/indices.h"
#include "backends/cpu/kernels/rows.h"
#include "base/parallel.h"
#include "ops/gather.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

class GatherKernel final : public tactics::Kernel {
 public:
  GatherKernel(const OpRequest& request, const Variant& variant) : indices_(request.inputs[1].type.dtype) {
    const Dims dims = request.dims(0);
    const int64_t asked = request.op.as<ops::Gather>()->axis;
    const size_t axis = static_cast<size_t>(asked < 0 ? asked + static_cast<int64_t>(dims.size()) : asked);
    outer_ = product(dims, 0, axis);
    extent_ = dims[axis];
    slice_bytes_ = product(dims, axis + 1, dims.size()) * static_cast<int64_t>(byte_size(variant.inputs[0].storage));
    picks_ = element_count(request.dims(1));
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    std::atomic<int64_t> wrong{extent_};
    const int64_t grain = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, slice_bytes_));
    parallel_for(outer_ * picks_, grain, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        int64_t pick = indices_.read(in[1].data, i % picks_);
        if (pick < 0) pick += extent_;
        if (pick < 0 or pick >= extent_) {
          wrong = indices_.read(in[1].data, i % picks_);
          continue;
        }
        std::memcpy(out[0].data + i * slice_bytes_, in[0].data + (i / picks_ * extent_ + pick) * slice_bytes_,
                    static_cast<size_t>(slice_bytes_));
      }
    });
    if (wrong != extent_)
      return {StatusCode::out_of_range, "Gather index " + std::to_string(wrong) + " is outside an axis of size " + std::to_string(extent_)};
    return Status::ok();
  }

 private:
  int64_t outer_ = 1, extent_ = 1, slice_bytes_ = 1, picks_ = 1;
  IndexReader indices_;
};

class GatherTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.gather"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Gather>()) return Verdict::no("not a Gather");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].type.dtype == DType::string) return Verdict::no("strings are moved by the reference");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for_each_storage(request, [&](DType storage) {
      const bool constant = request.inputs[0].constant != nullptr;
      if (storage != DType::f32 and (request.outputs[0].dtype != DType::f32 or constant)) return;
      Variant variant;
      variant.inputs = {rows_format(request.inputs[0].type, storage), tactics::plain_format(request.inputs[1].type)};
      variant.outputs = {rows_format(request.outputs[0], storage)};
      variant.estimate = 2 * static_cast<double>(tactics::stored_bytes(variant.outputs[0], request.output_dims())) / 12e9;
      sink.offer(std::move(variant));
    });
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<GatherKernel>(request, variant);
  }
};

}  // namespace

void register_gather(tactics::Registry& registry) { registry.add(std::make_unique<GatherTactic>()); }

}  // namespace burnish::cpu
