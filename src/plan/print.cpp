// The plan as text, one step a line: for `--stop-after=plan`, logs and bug reports.
#include <fmt/format.h>

#include "plan/plan.h"

namespace burnish::plan {
namespace {

std::string text_of(const Plan& plan, uint32_t tensor) {
  if (tensor == no_tensor) return "_";
  static constexpr std::array<std::string_view, 6> places{"arena", "input", "output", "constant", "none", "host"};
  const TensorSlot& slot = plan.tensors[tensor];
  return fmt::format("%{}:{}@{}{}+{}", slot.name, slot.format.text(), places.at(static_cast<size_t>(slot.place)), slot.index, slot.offset);
}

std::string list(const Plan& plan, const std::vector<uint32_t>& tensors) {
  std::string text;
  for (const uint32_t tensor : tensors) text += (text.empty() ? "" : ", ") + text_of(plan, tensor);
  return text;
}

}  // namespace

std::string print(const Plan& plan) {
  std::string text = fmt::format("plan for {} ({} threads), {} steps, arena {} bytes (bound {})\n", plan.backend, plan.threads,
                                 plan.steps.size(), plan.memory.arena_bytes, plan.memory.lower_bound);
  for (const Step& step : plan.steps)
    text += fmt::format("  {} = {}({}) {} {} \"{}\"\n", list(plan, step.outputs), step.tactic, list(plan, step.inputs),
                        step.request.op.text(), step.variant.text(), step.name);
  return text;
}

}  // namespace burnish::plan
