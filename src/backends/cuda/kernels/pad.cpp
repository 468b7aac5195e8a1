// Pad on the GPU in all modes: one copy that looks positions up, filling what lies outside. Row-major and channels last.
#include "ops/pad.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/mapped_copy.h"
#include "tactics/registry.h"
#include "tensor/number.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

MappedCopy copy_of(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  const auto& op = *request.op.as<ops::Pad>();
  const Dims dims = request.dims(0), result = request.output_dims();
  const bool no_axes = request.inputs.size() > 3 and request.inputs[3].present and request.inputs[3].constant->size() == 0;
  const std::vector<int64_t> pads =
      no_axes ? std::vector<int64_t>(2 * dims.size(), 0) : ops::full_pads(parameter(request, 1), parameter(request, 3), dims.size());
  const Dims strides = variant.inputs[0].layout.strides(dims);
  std::vector<AxisMap> axes;
  for (const uint8_t axis : variant.outputs[0].layout.order) {
    AxisMap map{.extent = result[axis], .stride = strides[axis], .table = {}};
    for (int64_t at = 0; at < result[axis]; ++at) map.table.push_back(ops::padded_source(op.mode, at - pads[axis], dims[axis]));
    axes.push_back(std::move(map));
  }
  const DType storage = variant.outputs[0].storage;
  Tensor fill(storage, {});
  if (request.inputs.size() > 2 and request.inputs[2].present) fill = converted(*request.inputs[2].constant, storage);
  return MappedCopy(context, std::move(axes), byte_size(storage), {fill.data(), fill.bytes()});
}

class CudaPad final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.pad"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Pad>()) return Verdict::no("not a Pad");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    if (std::string reason = parameter_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        Variant variant = plain_variant(request, lowered);
        variant.inputs[0].layout = variant.outputs[0].layout = layout;
        variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered));
        sink.offer(std::move(variant));
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<MoveKernel<MappedCopy>>(copy_of(context, request, variant));
  }
};

}  // namespace

void register_pad(tactics::Registry& registry) { registry.add(std::make_unique<CudaPad>()); }

}  // namespace burnish::cuda
