// Convolutions of single elements over channels last, which are matrix products: pixels by channels times channels by filters.
#include "backends/cuda/cublaslt/lt_product.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;

class CublasLtConv final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.cublaslt.conv1x1"; }
  uint32_t revision() const override { return lt_revision(1); }
  tactics::Verdict supports(const OpRequest& request) const override {
    const FoundProduct found = pointwise_conv_product(request);
    if (found.verdict and request.inputs[1].constant == nullptr) return tactics::Verdict::no("computed weights");
    return lt_supports(request, found);
  }
  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    offer_lt_variants(request, pointwise_conv_product(request).product, sink);
  }
  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return build_lt_kernel(context, request, pointwise_conv_product(request).product, variant);
  }
};

}  // namespace

void register_conv1x1(tactics::Registry& registry) { registry.add(std::make_unique<CublasLtConv>()); }

}  // namespace burnish::cuda
