// Runs passes one after another and does what their authors forget: verifies after each change, removes dead nodes, measures time,
// reports what changed, keeps the graph before a pass that throws, and stops after a number of passes so that a fault can be bisected.
// Called by the pipeline and by tests. It never orders or chooses passes.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "burnish/logger.h"
#include "passes/pass.h"

namespace burnish::passes {

struct ManagerConfig {
  int64_t pass_limit = -1;            // stop after this many passes; negative: run all
  std::filesystem::path dump_folder;  // where the graph before a failing pass is written; empty: nowhere
  Logger logger;
  bool verify_types = false;  // infer everything again after each change, not only at the end
};

/// Passes that run one after another, again and again until a round changes nothing.
struct Stage {
  std::vector<Pass> passes;
  int rounds = 1;  // at most
};

/// Applies each pass to the graph and, inside out, to the bodies of its control flow. An Error names the pass that threw.
/// At the end the whole graph is verified.
void run(Graph& graph, std::span<const Stage> stages, const ManagerConfig& config);

}  // namespace burnish::passes
