// Reductions over any axes, and the place of an extreme along one: sums in float (double, or wrapping integers), with any epilogue.
#include "ops/reduce.h"

#include <algorithm>

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/rows.h"
#include "ops/arg_reduce.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

size_t place_of(int64_t axis, size_t rank) { return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis); }

/// Which axes go; the caller has seen that they are constant.
std::vector<bool> reduced_axes(const OpRequest& request) {
  const auto& reduce = *request.op.as<ops::Reduce>();
  const size_t rank = request.dims(0).size();
  const auto given = input_at(request, 1);
  const std::vector<int64_t> axes = given ? request.inputs[*given].constant->integers() : std::vector<int64_t>{};
  if (axes.empty()) return std::vector<bool>(rank, not reduce.no_axes_is_identity);
  std::vector<bool> reduced(rank, false);
  for (const int64_t axis : axes) reduced[place_of(axis, rank)] = true;
  return reduced;
}

int64_t row_length(const OpRequest& request, const std::vector<bool>& inner) {
  int64_t length = 1;
  for (size_t i = 0; i < inner.size(); ++i)
    if (inner[i]) length *= request.dims(0)[i];
  return length;
}

/// Layouts of input and output. Without the reduced axes the output is row-major.
std::vector<std::pair<Layout, Layout>> layouts(const OpRequest& request, bool keeps_axes) {
  std::vector<std::pair<Layout, Layout>> pairs;
  const size_t rank = request.outputs[0].shape.rank();
  for (const Layout& layout : usual_layouts(request.dims(0).size()))
    pairs.emplace_back(layout, keeps_axes ? layout : Layout::row_major(rank));
  return pairs;
}

class CudaReduce final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.reduce"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* reduce = request.op.as<ops::Reduce>();
    if (reduce == nullptr) return Verdict::no("not a reduction");
    if (const auto axes = input_at(request, 1); axes and request.inputs[*axes].constant == nullptr)
      return Verdict::no("the axes are not constant");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    const DType type = request.inputs[0].type.dtype;
    if (is_floating(type)) return Verdict::yes();
    using enum ops::ReduceKind;
    if (reduce->kind == l2 or reduce->kind == log_sum or reduce->kind == log_sum_exp)
      return Verdict::no("roots and logarithms of integers");
    if (reduce->kind == mean and byte_size(type) < 4) return Verdict::no("a mean of narrow integers");
    if (row_length(request, reduced_axes(request)) == 0) return Verdict::no("integers of an empty row");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const auto& [input, output] : layouts(request, keeps_axes(request))) {
        const Variant variant = anchored_variant(request, lowered, input, output);
        offer_rows(request, problem_of(request, variant), variant, sink);
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return rows_kernel(context, request, variant, problem_of(request, variant));
  }

 private:
  static bool keeps_axes(const OpRequest& request) {
    const std::vector<bool> reduced = reduced_axes(request);
    return request.op.as<ops::Reduce>()->keep_dims or std::ranges::find(reduced, true) == reduced.end();
  }

  static RowProblem problem_of(const OpRequest& request, const Variant& variant) {
    const std::vector<bool> inner = reduced_axes(request);
    RowProblem problem = row_problem(request, variant, inner, tail_program(request), false, keeps_axes(request));
    const bool identity = std::ranges::find(inner, true) == inner.end() and request.op.as<ops::Reduce>()->no_axes_is_identity;
    const ops::ReduceKind kind = identity ? ops::ReduceKind::sum : request.op.as<ops::Reduce>()->kind;
    const std::string sum = row_accumulator(problem.storage);
    problem.state_bytes = row_accumulator_bytes(problem.storage);
    if (kind == ops::ReduceKind::log_sum_exp) {
      problem.state = fmt::format("LogSumExpState<{}, {}>", sum, byte_size(problem.storage) == 2);
      problem.state_bytes *= 2;
    } else {
      problem.state =
          fmt::format("ReductionState<{}, Reduction::{}>", sum, ops::EnumNames<ops::ReduceKind>::names[static_cast<size_t>(kind)]);
    }
    return problem;
  }
};

class CudaArgReduce final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.arg_reduce"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::ArgReduce>()) return Verdict::no("not the place of an extreme");
    if (std::string reason = tail_refusal(request); not reason.empty()) return Verdict::no(std::move(reason));
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request))
      for (const auto& [input, output] : layouts(request, request.op.as<ops::ArgReduce>()->keep_dims)) {
        const Variant variant = anchored_variant(request, lowered, input, output);
        offer_rows(request, problem_of(request, variant), variant, sink);
      }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return rows_kernel(context, request, variant, problem_of(request, variant));
  }

 private:
  static RowProblem problem_of(const OpRequest& request, const Variant& variant) {
    const auto& arg = *request.op.as<ops::ArgReduce>();
    std::vector<bool> inner(request.dims(0).size(), false);
    inner[place_of(arg.axis, inner.size())] = true;
    RowProblem problem = row_problem(request, variant, inner, tail_program(request), false, arg.keep_dims);
    problem.state = fmt::format("ArgState<{}, {}, {}>", row_accumulator(problem.storage), arg.smallest, arg.last_on_tie);
    problem.state_bytes = row_accumulator_bytes(problem.storage) == 8 ? 16 : 8;
    return problem;
  }
};

}  // namespace

void register_reduce(tactics::Registry& registry) {
  registry.add(std::make_unique<CudaReduce>());
  registry.add(std::make_unique<CudaArgReduce>());
}

}  // namespace burnish::cuda
