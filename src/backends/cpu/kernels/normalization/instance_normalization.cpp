// InstanceNormalization and GroupNormalization of row-major tensors: every instance (a channel, or a group of channels) is one contiguous row.
#include <cmath>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/simd/row_functions.h"
#include "base/parallel.h"
#include "ops/normalization.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

class GroupNormalizationKernel final : public tactics::Kernel {
 public:
  GroupNormalizationKernel(const OpRequest& request, int64_t groups, double epsilon)
      : channels_(request.dims(0)[1]), groups_(groups), epsilon_(static_cast<float>(epsilon)) {
    const Dims dims = request.dims(0);
    batch_ = dims[0];
    spatial_ = product(dims, 2, dims.size());
    scale_ = floats_of(*request.inputs[1].constant);
    bias_ = floats_of(*request.inputs[2].constant);
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(in[0].data);
    auto* y = reinterpret_cast<float*>(out[0].data);
    const int64_t members = channels_ / groups_;
    const RowFunctions& rows = row_functions();
    parallel_for(batch_ * groups_, 1, [&](int64_t first, int64_t last) {
      for (int64_t group = first; group < last; ++group) {
        const int64_t at = group * members * spatial_;
        const Moments moments = rows.moments(x + at, static_cast<size_t>(members * spatial_));
        const float inverse = 1 / std::sqrt(moments.variance + epsilon_);
        for (int64_t member = 0; member < members; ++member) {
          const auto channel = static_cast<size_t>(group % groups_ * members + member);
          const float factor = inverse * scale_[channel];
          rows.affine(x + at + member * spatial_, y + at + member * spatial_, static_cast<size_t>(spatial_), factor,
                      bias_[channel] - moments.mean * factor);
        }
      }
    });
    return Status::ok();
  }

 private:
  int64_t batch_ = 1, channels_, groups_, spatial_ = 1;
  float epsilon_;
  std::vector<float> scale_, bias_;
};

class GroupNormalizationTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.group_normalization"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::InstanceNormalization>() and not request.op.is<ops::GroupNormalization>())
      return Verdict::no("not an instance or group normalization");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].type.dtype != DType::f32) return Verdict::no("only f32");
    const Dims dims = request.dims(0);
    if (dims.size() < 2 or element_count(dims) == 0) return Verdict::no("an empty tensor, or one without channels");
    for (const size_t i : {1, 2})
      if (request.inputs.size() <= i or request.inputs[i].constant == nullptr or request.inputs[i].constant->size() != dims[1])
        return Verdict::no("scale and bias are not constants of one value a channel");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    Variant variant;
    for (size_t i = 0; i < 3; ++i) {
      variant.inputs.push_back(tactics::plain_format(request.inputs[i].type));
      variant.keeps_constant.push_back(i > 0);
    }
    variant.outputs = {tactics::plain_format(request.outputs[0])};
    variant.in_place = 0;
    variant.estimate = static_cast<double>(element_count(request.dims(0))) * 0.4e-9 / request.target.threads;
    sink.offer(std::move(variant));
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant&) const override {
    if (const auto* instance = request.op.as<ops::InstanceNormalization>())
      return std::make_unique<GroupNormalizationKernel>(request, request.dims(0)[1], instance->epsilon);
    const auto* group = request.op.as<ops::GroupNormalization>();
    return std::make_unique<GroupNormalizationKernel>(request, group->groups, group->epsilon);
  }
};

}  // namespace

void register_instance_normalization(tactics::Registry& registry) { registry.add(std::make_unique<GroupNormalizationTactic>()); }

}  // namespace burnish::cpu
