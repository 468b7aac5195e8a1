// Layer, RMS, instance and group normalization: moments in float, then scale, bias and any epilogue in one pass.
#include "ops/normalization.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/rows.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// Axes from `axis` on are a row.
std::vector<bool> from_axis(int64_t axis, size_t rank) {
  std::vector<bool> inner(rank, false);
  std::fill(inner.begin() + (axis < 0 ? axis + static_cast<int64_t>(rank) : axis), inner.end(), true);
  return inner;
}

void set_state(RowProblem& problem, double epsilon, bool centered) {
  problem.state = fmt::format("MomentsState<{}, {}>", row_accumulator(problem.storage), centered);
  problem.state_bytes = 3 * row_accumulator_bytes(problem.storage);
  problem.parameter = epsilon;
}

template <class Norm>
RowProblem over_last_axes(const OpRequest& request, const Variant& variant, const Norm& norm, bool centered) {
  RowProblem problem = row_problem(request, variant, from_axis(norm.axis, request.dims(0).size()),
                                   affine_tail_program(request, input_at(request, 1), input_at(request, 2)), true);
  set_state(problem, norm.epsilon, centered);
  return problem;
}

/// Scale and bias have one value for each channel.
RowProblem over_channels(const OpRequest& request, const Variant& variant, int64_t groups, double epsilon) {
  const size_t rank = request.dims(0).size();
  RowProblem problem =
      row_problem(request, variant, from_axis(2, rank), affine_tail_program(request, input_at(request, 1), input_at(request, 2)), true);
  for (size_t axis = 0; axis < rank; ++axis)
    for (size_t parameter = 0; parameter < 2; ++parameter) problem.axes[axis].operands[parameter] = axis == 1 ? 1 : 0;
  if (groups != request.dims(0)[1]) split_axis(problem, 1, groups, true);
  set_state(problem, epsilon, true);
  return problem;
}

RowProblem problem_of(const OpRequest& request, const Variant& variant) {
  if (const auto* norm = request.op.as<ops::LayerNormalization>()) return over_last_axes(request, variant, *norm, true);
  if (const auto* norm = request.op.as<ops::RMSNormalization>()) return over_last_axes(request, variant, *norm, false);
  if (const auto* norm = request.op.as<ops::GroupNormalization>()) return over_channels(request, variant, norm->groups, norm->epsilon);
  return over_channels(request, variant, request.dims(0)[1], request.op.as<ops::InstanceNormalization>()->epsilon);
}

class CudaNormalization final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.normalization"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::LayerNormalization>() and not request.op.is<ops::RMSNormalization>() and
        not request.op.is<ops::GroupNormalization>() and not request.op.is<ops::InstanceNormalization>())
      return Verdict::no("not a normalization of rows");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    if (not request.has_epilogue())
      for (size_t i = 1; i < request.outputs.size(); ++i)
        if (request.wanted[i]) return Verdict::no("mean and deviation are not given out");
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
};

}  // namespace

void register_normalization(tactics::Registry& registry) { registry.add(std::make_unique<CudaNormalization>()); }

}  // namespace burnish::cuda
