// GRU over a whole sequence by oneDNN: every direction, the reset gate before or after the recurrent product.
#include "backends/cpu/onednn/recurrent.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;
using In = RecurrentInputs;

Recurrent recurrent_of(const OpRequest& request) { return onednn::recurrent_of(request, request.op.as<ops::Gru>()->direction, {0, 1, 2}); }

template <class Forward>
typename Forward::primitive_desc describe(const OpRequest& request, const Recurrent& recurrent, DType storage, int64_t bias_gates) {
  const auto state_if = [&](bool there) { return there ? recurrent.state(storage) : memory::desc(); };
  return {engine(),
          dnnl::prop_kind::forward_inference,
          recurrent.direction,
          recurrent.source(storage),
          state_if(has_states(request, storage)),
          recurrent.weights(recurrent.width, storage),
          recurrent.weights(recurrent.hidden, storage),
          recurrent.bias(bias_gates),
          recurrent.sequence(storage),
          state_if(wants_states(request)),
          basic_attributes(),
          true};
}

class OnednnGru final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.gru"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    const auto* gru = request.op.as<ops::Gru>();
    if (gru == nullptr) return Verdict::no("not a GRU");
    return supports_recurrent(request, gru->activations, {"Sigmoid", "Tanh"}, gru->clip, gru->batch_first);
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    if (request.op.as<ops::Gru>()->linear_before_reset) variants_by<dnnl::lbr_gru_forward>(request, 4, sink);
    else variants_by<dnnl::gru_forward>(request, 3, sink);
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    if (request.op.as<ops::Gru>()->linear_before_reset) return build_by<dnnl::lbr_gru_forward>(context, request, variant, 4);
    return build_by<dnnl::gru_forward>(context, request, variant, 3);
  }

 private:
  template <class Forward>
  static void variants_by(const OpRequest& request, int64_t bias_gates, VariantSink& sink) {
    const ThreadScope threads(request.target.threads);
    const Recurrent recurrent = recurrent_of(request);
    for (const DType storage : recurrent_storage(request)) {
      const auto found = describe<Forward>(request, recurrent, storage, bias_gates);
      if (found) offer_recurrent(request, recurrent, storage, found, sink);
      else sink.refuse(std::string(name_of(storage)), "oneDNN has no implementation");
    }
  }

  template <class Forward>
  static std::unique_ptr<Kernel> build_by(BuildContext& context, const OpRequest& request, const Variant& variant, int64_t bias_gates) {
    const ThreadScope threads(context.threads());
    const Recurrent recurrent = recurrent_of(request);
    const auto found = describe<Forward>(request, recurrent, variant.inputs[In::x].storage, bias_gates);
    if (not found) fail("oneDNN {} no longer offers the GRU {}", version_text(), variant.text());
    KernelBuilder builder(context, request);
    bind_recurrent(builder, request, recurrent, found, bias_gates == 4);
    return builder.finish(Forward(found), found.scratchpad_desc());
  }
};

}  // namespace

void register_onednn_gru(tactics::Registry& registry) { registry.add(std::make_unique<OnednnGru>()); }

}  // namespace burnish::cpu
