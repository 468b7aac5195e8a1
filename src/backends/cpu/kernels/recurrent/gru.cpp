// GRU over a whole sequence by our own vector code: every direction and length, either layout, the reset gate before or after the product.
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

constexpr std::array<std::string_view, 2> usual_activations{"Sigmoid", "Tanh"};
constexpr std::array<int64_t, 3> all_gates{0, 1, 2};
constexpr std::array<int64_t, 2> update_and_reset{0, 1};
constexpr std::array<int64_t, 1> candidate{2};

RecurrentOp op_of(const ops::Gru& gru) { return {gru.direction, gru.batch_first, gru.clip, gru.activations, usual_activations, 3}; }

class SimdGru final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.gru"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* gru = request.op.as<ops::Gru>();
    if (gru == nullptr) return Verdict::no("not a GRU");
    return supports_recurrent(request, op_of(*gru));
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const auto& gru = *request.op.as<ops::Gru>();
    offer_recurrent(request, op_of(gru), not gru.linear_before_reset, sink);
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const auto& gru = *request.op.as<ops::Gru>();
    const Recurrence sizes = recurrence_of(request, op_of(gru));
    const RecurrentCells& cells = recurrent_cells();
    RecurrentProgram program;
    program.project = cells.project_gru;
    program.input_panels = packed_panels(context, request, In::w, sizes, all_gates);
    if (gru.linear_before_reset) {
      program.phases = {cells.gru};
      program.state_panels = packed_panels(context, request, In::r, sizes, all_gates);
      program.input_bias = packed_input_bias(request, sizes, 2);
      program.state_bias = packed_state_bias(request, sizes, 2);
    } else {
      program.phases = {cells.gru_gates, cells.gru_candidate};
      program.state_panels = packed_panels(context, request, In::r, sizes, update_and_reset);
      program.candidate_panels = packed_panels(context, request, In::r, sizes, candidate);
      program.input_bias = packed_input_bias(request, sizes, 3);
    }
    return make_recurrent_kernel(request, variant, sizes, std::move(program));
  }
};

}  // namespace

void register_recurrent_gru(tactics::Registry& registry) { registry.add(std::make_unique<SimdGru>()); }

}  // namespace burnish::cpu
