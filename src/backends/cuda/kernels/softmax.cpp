// Softmax and its logarithm along any axis, sums in float, with any epilogue.
#include "ops/softmax.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/rows.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

class CudaSoftmax final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.softmax"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Softmax>()) return Verdict::no("not a softmax");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const Layout& layout : usual_layouts(request.dims(0).size())) {
        const Variant variant = anchored_variant(request, lowered, layout, layout);
        offer_rows(request, problem_of(request, variant), variant, sink);
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return rows_kernel(context, request, variant, problem_of(request, variant));
  }

 private:
  static RowProblem problem_of(const OpRequest& request, const Variant& variant) {
    const auto& softmax = *request.op.as<ops::Softmax>();
    const size_t rank = request.dims(0).size();
    std::vector<bool> inner(rank, false);
    inner[static_cast<size_t>(softmax.axis < 0 ? softmax.axis + static_cast<int64_t>(rank) : softmax.axis)] = true;
    RowProblem problem = row_problem(request, variant, inner, tail_program(request), true);
    const bool halves = byte_size(problem.storage) == 2;
    problem.state = fmt::format("SoftmaxState<{}, {}, {}>", row_accumulator(problem.storage), softmax.log, halves);
    problem.state_bytes = 2 * row_accumulator_bytes(problem.storage);
    return problem;
  }
};

}  // namespace

void register_softmax(tactics::Registry& registry) { registry.add(std::make_unique<CudaSoftmax>()); }

}  // namespace burnish::cuda
