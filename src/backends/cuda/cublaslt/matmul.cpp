// Matrix products by cuBLASLt: batches, transposed operands, rows and columns, in every storage the request permits.
#include "backends/cuda/cublaslt/lt_product.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;

class CublasLtMatMul final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.cublaslt.matmul"; }
  uint32_t revision() const override { return lt_revision(1); }
  tactics::Verdict supports(const OpRequest& request) const override { return lt_supports(request, matmul_product(request)); }
  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    offer_lt_variants(request, matmul_product(request).product, sink);
  }
  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return build_lt_kernel(context, request, matmul_product(request).product, variant);
  }
};

}  // namespace

void register_cublaslt_matmul(tactics::Registry& registry) { registry.add(std::make_unique<CublasLtMatMul>()); }

}  // namespace burnish::cuda
