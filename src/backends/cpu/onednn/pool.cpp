// Maximum and average pooling by oneDNN, in every image layout; maximum pooling also of bytes.
#include "ops/pool.h"

#include <algorithm>

#include "backends/cpu/onednn/one_input.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;

struct Problem {
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  memory::dims kernel, strides, dilations, pads_begin, pads_end;
  bool grown = false;  // windows reach beyond the stated padding (ceil_mode)
};

Problem problem_of(const OpRequest& request) {
  const auto& pool = *request.op.as<ops::Pool>();
  const ops::Window window = window_of(pool, request.inputs[0].type.shape);
  const size_t spatial = window.kernel.size();
  const Dims source = request.dims(0);
  const Dims destination = request.output_dims();
  Problem problem;
  problem.algorithm = pool.kind == ops::PoolKind::max ? dnnl::algorithm::pooling_max
                      : pool.count_include_pad        ? dnnl::algorithm::pooling_avg_include_padding
                                                      : dnnl::algorithm::pooling_avg_exclude_padding;
  problem.kernel = window.kernel;
  problem.strides = window.strides;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t begin = window.pads[i];
    const int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    const int64_t end = (destination[i + 2] - 1) * window.strides[i] + extent - source[i + 2] - begin;
    problem.dilations.push_back(window.dilations[i] - 1);
    problem.pads_begin.push_back(begin);
    problem.pads_end.push_back(std::max(end, window.pads[i + spatial]));
    problem.grown = problem.grown or end > window.pads[i + spatial];
  }
  return problem;
}

class OnednnPool final : public OneInputTactic {
 public:
  std::string_view id() const override { return "cpu.onednn.pool"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pool = request.op.as<ops::Pool>();
    if (pool == nullptr) return Verdict::no("not a pool");
    if (pool->kind == ops::PoolKind::lp) return Verdict::no("oneDNN has no Lp pool");
    const size_t rank = request.dims(0).size();
    if (rank < 3 or rank > 5) return Verdict::no("not one to three spatial axes");
    if (request.outputs.size() > 1 and request.wanted.at(1)) return Verdict::no("oneDNN does not give the indices");
    if (Verdict verdict = supports_data(request); not verdict) return verdict;
    if (operand_count(post_ops_of(request)) > 1) return Verdict::no("oneDNN's pool takes one further operand at most");
    const Problem problem = problem_of(request);
    if (problem.grown and problem.algorithm == dnnl::algorithm::pooling_avg_include_padding)
      return Verdict::no("oneDNN counts the part of a window beyond the padding");
    for (size_t i = 0; i < problem.kernel.size(); ++i)
      if (problem.pads_begin[i] >= problem.kernel[i] or problem.pads_end[i] >= (problem.kernel[i] - 1) * (problem.dilations[i] + 1) + 1)
        return Verdict::no("a window lies wholly in the padding");
    return Verdict::yes();
  }

 protected:
  /// The largest of bytes is one of them.
  std::vector<DType> storages(const OpRequest& request) const override {
    const DType type = request.inputs[0].type.dtype;
    const bool bytes = type == DType::u8 or type == DType::i8;
    if (bytes and request.op.as<ops::Pool>()->kind == ops::PoolKind::max and not request.has_epilogue()) return {type};
    return OneInputTactic::storages(request);
  }

  std::optional<OneInputPlan> plan(const OpRequest& request, const Format& source, const Format& destination) const override {
    const Problem problem = problem_of(request);
    OneInputPlan plan;
    const auto attributes = with_epilogue(plan, request, destination);
    const auto source_memory = descriptor(request.dims(0), source);
    const auto destination_memory = descriptor(request.output_dims(), destination);
    if (not attributes or not source_memory or not destination_memory) return {};
    const dnnl::pooling_forward::primitive_desc found(engine(), dnnl::prop_kind::forward_inference, problem.algorithm, *source_memory,
                                                      *destination_memory, problem.strides, problem.kernel, problem.dilations,
                                                      problem.pads_begin, problem.pads_end, *attributes, true);
    if (not found) return {};
    plan.descriptor = found;
    plan.flops = 10.0 * static_cast<double>(element_count(request.output_dims()) * element_count(problem.kernel));
    return plan;
  }
};

}  // namespace

void register_onednn_pool(tactics::Registry& registry) { registry.add(std::make_unique<OnednnPool>()); }

}  // namespace burnish::cpu
