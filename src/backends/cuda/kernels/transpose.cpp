// Transpose on the GPU: one strided copy, through tiles where the innermost axis moves. Row-major, and between row-major and channels last.
#include "ops/transpose.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

class CudaTranspose final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.transpose"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Transpose>()) return Verdict::no("not a transpose");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const std::vector<Layout> layouts = usual_layouts(request.dims(0).size());
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& from : layouts)
        for (const Layout& to : layouts) {
          Variant variant = plain_variant(request, lowered);
          variant.inputs[0].layout = from;
          variant.outputs[0].layout = to;
          variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered), 1, 0.6);
          sink.offer(std::move(variant));
        }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Dims dims = request.dims(0), domain = request.output_dims();
    const StridedOperand own = strided(variant.inputs[0], dims, dims);
    StridedOperand from{own.storage, {}};
    for (const size_t axis : ops::permutation(*request.op.as<ops::Transpose>(), dims.size())) from.strides.push_back(own.strides[axis]);
    return std::make_unique<MoveKernel<StridedMove>>(
        StridedMove(context, domain, std::move(from), strided(variant.outputs[0], domain, domain)));
  }
};

}  // namespace

void register_transpose(tactics::Registry& registry) { registry.add(std::make_unique<CudaTranspose>()); }

}  // namespace burnish::cuda
