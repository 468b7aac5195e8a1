#include "runtime/check_step.h"

#include <algorithm>

#include "base/error.h"
#include "ir/infer.h"
#include "ops/fused.h"
#include "tactics/reformat.h"
#include "tactics/variant_judge.h"

namespace burnish::runtime {
namespace {

using tactics::OpRequest;
using tactics::Variant;

InferContext infer_context(const OpRequest& request) {
  std::vector<InferContext::Input> inputs;
  for (const tactics::Operand& operand : request.inputs) {
    InferContext::Input input;
    input.present = operand.present;
    input.type = operand.type;
    input.constant = operand.constant;
    inputs.push_back(std::move(input));
  }
  return {std::move(inputs), request.outputs.size(), request.regions};
}

/// Types follow from the operator. A size that only data decides is left to the reference, which checks it while running.
void check_types(const OpRequest& request, const tactics::Tactic& tactic) {
  InferContext context = infer_context(request);
  const Op op =
      request.has_epilogue() ? Op(ops::Fused{request.op, static_cast<int64_t>(request.anchor_inputs), request.epilogue}) : request.op;
  op.infer(context);
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    const TensorType& inferred = context.outputs()[i].type;
    if (not request.wanted[i]) continue;
    if (inferred.dtype != request.outputs[i].dtype)
      fail("output {} should be {}, the step says {}", i, name_of(inferred.dtype), name_of(request.outputs[i].dtype));
    if (not inferred.shape.is_static() and tactic.id().starts_with("ref.")) continue;
    if (inferred.shape != request.outputs[i].shape)
      fail("output {} should be {}, the step says {}", i, inferred.shape.text(), request.outputs[i].shape.text());
  }
}

bool same_offer(const Variant& offered, const Variant& stored) {
  const bool in_place = stored.in_place == -1 or stored.in_place == offered.in_place;
  std::vector<bool> kept = offered.keeps_constant;
  kept.resize(stored.inputs.size(), false);
  std::vector<bool> stored_kept = stored.keeps_constant;
  stored_kept.resize(stored.inputs.size(), false);
  return offered.inputs == stored.inputs and offered.outputs == stored.outputs and offered.knobs == stored.knobs and
         offered.workspace == stored.workspace and in_place and kept == stored_kept;
}

bool is_offered(const plan::Step& step, const tactics::Tactic& tactic) {
  if (const auto* judge = dynamic_cast<const tactics::VariantJudge*>(&tactic)) return judge->may_offer(step.request, step.variant);
  tactics::VariantSink sink;
  tactic.variants(step.request, sink);
  return std::ranges::any_of(sink.variants, [&](const Variant& variant) { return same_offer(variant, step.variant); });
}

void check_variant(const plan::Step& step, const tactics::Tactic& tactic) {
  if (not is_offered(step, tactic)) fail("the tactic does not offer the variant {}", step.variant.text());
}

void check_reformat(const plan::Step& step) {
  const OpRequest& request = step.request;
  if (request.inputs.size() != 1 or request.outputs.size() != 1 or not(request.inputs[0].type == request.outputs[0]))
    fail("a reformat changes the type");
  if (step.variant.in_place >= 0) fail("a reformat never runs in place");
  const tactics::Format &from = step.variant.inputs.at(0), &to = step.variant.outputs.at(0);
  const Dims dims = request.outputs[0].shape.dims();
  const int64_t staged = from.space == to.space ? 0 : tactics::stored_bytes(from.space == tactics::Space::host ? from : to, dims);
  if (step.variant.workspace != 0 and step.variant.workspace != staged)
    fail("a reformat has a workspace of {} bytes", step.variant.workspace);
}

std::string key_of(const plan::Step& step) {
  std::string key = step.tactic + "\n" + step.request.text() + "\n" + step.variant.text() +
                    fmt::format("\n{} {}", step.variant.workspace, step.variant.in_place);
  // Constants decide sizes for some operators, so steps that differ in them are different.
  for (const tactics::Operand& operand : step.request.inputs) key += fmt::format(" {}", static_cast<const void*>(operand.constant.get()));
  return key;
}

}  // namespace

void StepChecker::check(const plan::Step& step, const tactics::Tactic& tactic) {
  if (step.request.op.is<tactics::Reformat>()) return check_reformat(step);
  if (not checked_.insert(key_of(step)).second) return;
  check_types(step.request, tactic);
  if (const tactics::Verdict verdict = tactic.supports(step.request); not verdict) fail("the tactic refuses: {}", verdict.reason());
  check_variant(step, tactic);
}

}  // namespace burnish::runtime
