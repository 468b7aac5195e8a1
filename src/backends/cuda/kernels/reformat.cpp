// Changes of format on the GPU, and between its memory and the host's: what crosses has the host's format, the rest is one strided kernel.
#include "tactics/reformat.h"

#include "backends/cuda/kernels/moves.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Space;
using tactics::Variant;
using tactics::Verdict;

class ReformatKernel final : public tactics::Kernel {
 public:
  ReformatKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant)
      : from_(variant.inputs[0]), to_(variant.outputs[0]), bytes_(stored_bytes(from_, request.dims(0))) {
    const Dims domain = request.dims(0);
    if (same_memory({from_.storage, from_.layout, to_.space}, to_, domain)) return;
    change_ = std::make_unique<StridedMove>(context, domain, strided(from_, domain, domain), strided(to_, domain, domain));
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    auto* staging = static_cast<std::byte*>(workspace);
    if (change_ == nullptr) return gpu().copy(out[0].data, in[0].data, bytes_, context.stream);
    if (from_.space == Space::host) {
      if (Status copied = gpu().copy(staging, in[0].data, bytes_, context.stream); not copied) return copied;
      return change(staging, out[0].data, context.stream);
    }
    if (to_.space == Space::device) return change(in[0].data, out[0].data, context.stream);
    if (Status changed = change(in[0].data, staging, context.stream); not changed) return changed;
    return gpu().copy(out[0].data, staging, out[0].bytes, context.stream);
  }

 private:
  Status change(const std::byte* from, std::byte* to, void* stream) const noexcept { return change_->run(from, to, stream); }

  Format from_, to_;
  int64_t bytes_;
  std::unique_ptr<StridedMove> change_;
};

class CudaReformat final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.reformat"; }
  uint32_t revision() const override { return 1; }
  Verdict supports(const OpRequest& request) const override {
    return request.op.is<tactics::Reformat>() ? Verdict::yes() : Verdict::no("not a reformat");
  }
  void variants(const OpRequest& /*request*/, tactics::VariantSink& /*sink*/) const override {}  // the plan names the formats
  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<ReformatKernel>(context, request, variant);
  }
};

}  // namespace

void register_reformat(tactics::Registry& registry) { registry.add(std::make_unique<CudaReformat>()); }

}  // namespace burnish::cuda
