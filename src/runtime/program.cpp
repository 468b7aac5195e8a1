#include "runtime/program.h"

#include "base/concurrent.h"
#include "base/error.h"
#include "base/parallel.h"
#include "runtime/check_step.h"
#include "tactics/registry.h"

namespace burnish::runtime {
namespace {

std::vector<TensorInfo> infos_of(const std::vector<plan::Binding>& bindings) {
  std::vector<TensorInfo> infos;
  for (const plan::Binding& binding : bindings)
    infos.push_back(
        {binding.name, binding.format.storage, binding.dims, tactics::Format{binding.format.storage, binding.format.layout}.text(),
         static_cast<size_t>(tactics::stored_bytes(binding.format, binding.dims)), std::vector<std::string>(binding.dims.size())});
  return infos;
}

template <class Work>
void in_step(const plan::Step& step, const Work& work) {
  in_context([&] { return fmt::format("building the kernel of step `{}` ({})", step.name, step.tactic); }, work);
}

const tactics::Tactic& tactic_of(const plan::Step& step) {
  const tactics::Tactic* tactic = tactics::registry().find_tactic(step.tactic);
  BURNISH_CHECK(tactic != nullptr, "tactic {} is gone", step.tactic);
  return *tactic;
}

}  // namespace

std::string unfit(const plan::Plan& plan, int threads) {
  const tactics::Backend* backend = tactics::registry().find_backend(plan.backend);
  if (backend == nullptr) return fmt::format("backend {} is not part of this build", plan.backend);
  if (const std::string reason = backend->unavailable(); not reason.empty())
    return fmt::format("backend {} is unavailable: {}", plan.backend, reason);
  if (backend->fingerprint() != plan.device) return fmt::format("it was built for {}, this is {}", plan.device, backend->fingerprint());
  if (threads != 0 and threads != plan.threads) return fmt::format("it was built for {} threads, asked for are {}", plan.threads, threads);
  for (const plan::Step& step : plan.steps) {
    const tactics::Tactic* tactic = tactics::registry().find_tactic(step.tactic);
    if (tactic == nullptr) return fmt::format("tactic {} is not part of this build", step.tactic);
    if (tactic->revision() != step.revision)
      return fmt::format("tactic {} has revision {}, the engine was built with {}", step.tactic, tactic->revision(), step.revision);
  }
  return {};
}

Program::Program(plan::Plan plan, ArtifactStore& store, bool check) : plan_(std::move(plan)) {
  const ThreadCountScope threads(plan_.threads);
  StepChecker checker;
  if (check)
    for (const plan::Step& step : plan_.steps) in_step(step, [&] { checker.check(step, tactic_of(step)); });
  kernels_.resize(plan_.steps.size());
  const auto build = [&](size_t i) {
    const plan::Step& step = plan_.steps[i];
    in_step(step, [&] { kernels_[i] = tactic_of(step).build(store, step.request, step.variant); });
  };
  if (plan_.space == tactics::Space::device) run_concurrently(kernels_.size(), build);
  else
    for (size_t i = 0; i < kernels_.size(); ++i) build(i);
  inputs_ = infos_of(plan_.inputs);
  outputs_ = infos_of(plan_.outputs);
}

}  // namespace burnish::runtime
