#include "runtime/compiler.h"

#include "base/parallel.h"
#include "passes/pipeline.h"
#include "runtime/pass_options.h"
#include "tactics/assign.h"
#include "tactics/pinned.h"
#include "tactics/registry.h"
#include "tactics/timing.h"

namespace burnish::runtime {
Compiler::Compiler(const engine::Recipe& recipe, const engine::EngineData& data)
    : recipe_(recipe),
      choices_(data.choices.empty() ? tactics::Choices() : tactics::Choices::parse(data.choices)),
      store_(recipe.threads, data.artifacts) {
  for (const auto& [hash, tensor] : data.constants) store_.know_hash(tensor.get(), hash);
}

std::shared_ptr<const Program> Compiler::compile(Graph graph) {
  passes::PassConfig passes;
  suit(passes, recipe_.backend);
  passes::run(graph, passes);
  tactics::CandidateConfig config;
  config.backend = recipe_.backend;
  config.threads = recipe_.threads;
  config.permitted = recipe_.permitted;
  tactics::CandidateSet found = tactics::candidates(graph, config);
  const ThreadCountScope threads(found.target.threads);
  tactics::TimingConfig timing;
  timing.level = 0;
  tactics::measure(found, timing);
  const tactics::Choices pinned = tactics::fitting(choices_, graph, found);
  tactics::AssignConfig assign;
  if (not pinned.nodes.empty()) assign.pinned = &pinned;
  return std::make_shared<const Program>(plan::make(graph, found, tactics::assign(graph, found, assign)), store_, false);
}

std::shared_ptr<const Program> Compiler::load(const plan::Plan& plan, bool check) {
  return std::make_shared<const Program>(plan, store_, check);
}

}  // namespace burnish::runtime
