// LSTM over a whole sequence by our own vector code: every direction and length, either layout, without peepholes.
#include <array>

#include "backends/cpu/kernels/recurrent/recurrent.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;
using In = RecurrentInput;

constexpr std::array<std::string_view, 3> usual_activations{"Sigmoid", "Tanh", "Tanh"};
constexpr std::array<int64_t, 4> all_gates{0, 1, 2, 3};

RecurrentOp op_of(const ops::Lstm& lstm) { return {lstm.direction, lstm.batch_first, lstm.clip, lstm.activations, usual_activations, 4}; }

class SimdLstm final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.lstm"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* lstm = request.op.as<ops::Lstm>();
    if (lstm == nullptr) return Verdict::no("not an LSTM");
    if (lstm->coupled_input_forget) return Verdict::no("input and forget gates are coupled");
    if (has_input(request, In::p)) return Verdict::no("peepholes");
    return supports_recurrent(request, op_of(*lstm));
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    offer_recurrent(request, op_of(*request.op.as<ops::Lstm>()), false, sink);
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Recurrence sizes = recurrence_of(request, op_of(*request.op.as<ops::Lstm>()));
    RecurrentProgram program;
    program.project = recurrent_cells().project_lstm;
    program.phases = {recurrent_cells().lstm};
    program.has_cell = true;
    program.input_panels = packed_panels(context, request, In::w, sizes, all_gates);
    program.state_panels = packed_panels(context, request, In::r, sizes, all_gates);
    program.input_bias = packed_input_bias(request, sizes, 4);
    return make_recurrent_kernel(request, variant, sizes, std::move(program));
  }
};

}  // namespace

void register_recurrent_lstm(tactics::Registry& registry) { registry.add(std::make_unique<SimdLstm>()); }

}  // namespace burnish::cpu
