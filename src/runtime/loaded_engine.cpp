#include "runtime/loaded_engine.h"

#include "base/concurrent.h"
#include "base/error.h"
#include "base/parallel.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "runtime/artifacts.h"
#include "runtime/check_step.h"
#include "tactics/registry.h"
#include "tactics/timing.h"

namespace burnish::runtime {
namespace {

std::vector<TensorInfo> infos_of(const std::vector<plan::Binding>& bindings) {
  std::vector<TensorInfo> infos;
  for (const plan::Binding& binding : bindings)
    infos.push_back({binding.name, binding.format.storage, binding.dims,
                     tactics::Format{binding.format.storage, binding.format.layout}.text(),
                     static_cast<size_t>(tactics::stored_bytes(binding.format, binding.dims))});
  return infos;
}

/// Why the stored plan cannot be used here; empty where it can.
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

std::string usable_backend(const std::string& wanted) {
  const tactics::Backend* backend = tactics::registry().find_backend(wanted);
  return backend != nullptr and backend->unavailable().empty() ? wanted : "cpu";
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

plan::Plan plan_again(const engine::EngineData& data, const std::string& backend, int threads) {
  Graph graph = parse_graph(data.graph, [&](const Hash128& hash) {
    const auto found = data.constants.find(hash);
    return found == data.constants.end() ? nullptr : found->second;
  });
  verify(graph);
  tactics::CandidateConfig config;
  config.backend = backend;
  config.threads = threads;
  tactics::CandidateSet found = tactics::candidates(graph, config);
  tactics::measure(found,
                   {.level = 0, .average = 1, .max_tactics = -1, .cache = nullptr, .error_on_miss = false, .logger = {}, .progress = {}});
  return plan::make(graph, found, tactics::assign(graph, found));
}

LoadedEngine::LoadedEngine(engine::EngineData data, const OpenConfig& config, bool record) : data_(std::move(data)) {
  if (data_.plans.empty()) fail("the engine holds no plan");
  if (const std::string reason = unfit(plan(), config.threads); not reason.empty()) {
    if (config.logger) config.logger(Severity::warning, "planning the engine again by estimates: " + reason);
    data_.plans.front() = plan_again(data_, usable_backend(plan().backend), config.threads);
  }
  const int before = thread_count();
  set_thread_count(plan().threads);
  ArtifactStore store(plan().threads, data_.artifacts);
  if (not record)
    for (const auto& [hash, tensor] : data_.constants) store.know_hash(tensor.get(), hash);
  StepChecker checker;
  if (not record)
    for (const plan::Step& step : plan().steps) in_step(step, [&] { checker.check(step, tactic_of(step)); });
  kernels_.resize(plan().steps.size());
  const auto build = [&](size_t i) {
    const plan::Step& step = plan().steps[i];
    in_step(step, [&] { kernels_[i] = tactic_of(step).build(store, step.request, step.variant); });
  };
  if (plan().space == tactics::Space::device) run_concurrently(kernels_.size(), build);
  else
    for (size_t i = 0; i < kernels_.size(); ++i) build(i);
  set_thread_count(before);
  if (record) data_.artifacts = store.artifacts();
  inputs_ = infos_of(plan().inputs);
  outputs_ = infos_of(plan().outputs);
}

}  // namespace burnish::runtime
