// LSTM over a whole sequence by oneDNN: every direction, without peepholes.
#include "backends/cpu/onednn/recurrent.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;
using In = RecurrentInputs;

Recurrent recurrent_of(const OpRequest& request) {
  return onednn::recurrent_of(request, request.op.as<ops::Lstm>()->direction, {0, 2, 3, 1});  // ONNX: input, output, forget, cell
}

dnnl::lstm_forward::primitive_desc describe(const OpRequest& request, const Recurrent& recurrent, DType storage) {
  const auto state_if = [&](bool there, DType type) { return there ? recurrent.state(type) : memory::desc(); };
  const bool states = has_states(request, storage);
  return {engine(),
          dnnl::prop_kind::forward_inference,
          recurrent.direction,
          recurrent.source(storage),
          state_if(states, storage),
          state_if(states, DType::f32),
          recurrent.weights(recurrent.width, storage),
          recurrent.weights(recurrent.hidden, storage),
          recurrent.bias(4),
          recurrent.sequence(storage),
          state_if(wants_states(request), storage),
          state_if(wants_states(request), DType::f32),
          basic_attributes(),
          true};
}

class OnednnLstm final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.lstm"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    const auto* lstm = request.op.as<ops::Lstm>();
    if (lstm == nullptr) return Verdict::no("not an LSTM");
    if (lstm->coupled_input_forget) return Verdict::no("input and forget gates are coupled");
    if (has_input(request, In::p)) return Verdict::no("peepholes");
    return supports_recurrent(request, lstm->activations, {"Sigmoid", "Tanh", "Tanh"}, lstm->clip, lstm->batch_first);
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const ThreadScope threads(request.target.threads);
    const Recurrent recurrent = recurrent_of(request);
    for (const DType storage : recurrent_storage(request)) {
      const auto found = describe(request, recurrent, storage);
      if (found) offer_recurrent(request, recurrent, storage, found, sink);
      else sink.refuse(std::string(name_of(storage)), "oneDNN has no implementation");
    }
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const ThreadScope threads(context.threads());
    const Recurrent recurrent = recurrent_of(request);
    const auto found = describe(request, recurrent, variant.inputs[In::x].storage);
    if (not found) fail("oneDNN {} no longer offers the LSTM {}", version_text(), variant.text());
    KernelBuilder builder(context, request);
    bind_recurrent(builder, request, recurrent, found, false);
    if (not found.src_iter_c_desc().is_zero())
      bind_initial_state(builder, request, recurrent, DNNL_ARG_SRC_ITER_C, In::c, found.src_iter_c_desc());
    if (wants_states(request)) bind_state(builder, request, DNNL_ARG_DST_ITER_C, 2, found, found.dst_iter_c_desc());
    return builder.finish(dnnl::lstm_forward(found), found.scratchpad_desc());
  }
};

}  // namespace

void register_onednn_lstm(tactics::Registry& registry) { registry.add(std::make_unique<OnednnLstm>()); }

}  // namespace burnish::cpu
