// Convolution by cuDNN with its epilogue: one to three spatial axes, grouped and dilated. See convolution.h.
#include "ops/conv.h"

#include "backends/cuda/cudnn/convolution.h"
#include "tactics/registry.h"
#include "tactics/variant_judge.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

class CudnnConv final : public tactics::Tactic, public tactics::VariantJudge {
 public:
  std::string_view id() const override { return "cuda.cudnn.conv"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Conv>()) return Verdict::no("not a convolution");
    if (std::string reason = cudnn::unusable(); not reason.empty()) return Verdict::no(std::move(reason));
    if (std::string reason = cudnn::refusal_of(request); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }
  void variants(const OpRequest& request, tactics::VariantSink& sink) const override { cudnn::offer_convolutions(request, sink); }
  bool may_offer(const OpRequest& request, const Variant& variant) const override { return cudnn::may_offer_convolution(request, variant); }
  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return cudnn::build_convolution(context, request, variant);
  }
};

}  // namespace

void register_cudnn_conv(tactics::Registry& registry) { registry.add(std::make_unique<CudnnConv>()); }

}  // namespace burnish::cuda
