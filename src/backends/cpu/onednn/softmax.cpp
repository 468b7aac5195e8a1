// Softmax by oneDNN, along any axis.
#include "ops/softmax.h"

#include "backends/cpu/onednn/one_input.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;

class OnednnSoftmax final : public OneInputTactic {
 public:
  std::string_view id() const override { return "cpu.onednn.softmax"; }
  uint32_t revision() const override { return 3; }

  Verdict supports(const OpRequest& request) const override {
    const auto* softmax = request.op.as<ops::Softmax>();
    if (softmax == nullptr) return Verdict::no("not a softmax");
    // A row with one large element has a sum just above 1, and what is off in its logarithm is off in the result.
    if (softmax->log) return Verdict::no("oneDNN's logarithm is off by up to 5e-6, which is much for a sum just above 1");
    // oneDNN 3.2 reads operands with one element for each channel at wrong places behind a softmax.
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
      if (element_count(request.dims(i)) > 1 and request.dims(i) != request.output_dims())
        return Verdict::no("oneDNN broadcasts operands of a softmax's epilogue wrongly");
    return supports_data(request);
  }

 protected:
  std::optional<OneInputPlan> plan(const OpRequest& request, const Format& source, const Format& destination) const override {
    // It rounds the exponentials to the destination's type before it divides by their sum.
    if (destination.storage != DType::f32) return {};
    const auto& softmax = *request.op.as<ops::Softmax>();
    const Dims dims = request.dims(0);
    OneInputPlan plan;
    const auto attributes = with_epilogue(plan, request, destination);
    const auto source_memory = descriptor(dims, source);
    const auto destination_memory = descriptor(dims, destination);
    if (not attributes or not source_memory or not destination_memory) return {};
    const auto axis = static_cast<int>(softmax.axis < 0 ? softmax.axis + static_cast<int64_t>(dims.size()) : softmax.axis);
    const dnnl::softmax_forward::primitive_desc found(engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate,
                                                      *source_memory, *destination_memory, axis, *attributes, true);
    if (not found) return {};
    plan.descriptor = found;
    plan.flops = 60.0 * static_cast<double>(element_count(dims));
    return plan;
  }
};

}  // namespace

void register_onednn_softmax(tactics::Registry& registry) { registry.add(std::make_unique<OnednnSoftmax>()); }

}  // namespace burnish::cpu
