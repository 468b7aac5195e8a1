// The pass manager: one loop around every pass. Bodies of control flow are graphs like any other, so passes need not know of them.
#include "passes/manager.h"

#include <fmt/format.h>

#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace burnish::passes {
namespace {

size_t nodes_with_bodies(const Graph& graph) {
  size_t count = graph.live_nodes();
  for (uint32_t i = 0; i < graph.node_slots(); ++i)
    for (const Graph& body : graph.node(NodeId{i}).regions) count += graph.node(NodeId{i}).removed ? 0 : nodes_with_bodies(body);
  return count;
}

bool run_everywhere(const Pass& pass, Graph& graph) {
  bool changed = false;
  for (uint32_t i = 0; i < graph.node_slots(); ++i) {
    Node& node = graph.mutable_node(NodeId{i});
    if (node.removed) continue;
    for (Graph& body : node.regions) changed |= run_everywhere(pass, body);
  }
  if (pass.run(graph)) {
    graph.remove_dead();
    changed = true;
  }
  return changed;
}

/// Keeps the text of the graph as it was, so that a pass that throws half-way can be repeated alone.
class Snapshot {
 public:
  Snapshot(const Graph& graph, const std::filesystem::path& folder) : folder_(folder) {
    if (not folder_.empty()) text_ = print(graph);
  }
  std::string write(const Pass& pass) const {
    if (folder_.empty()) return {};
    std::filesystem::create_directories(folder_);
    const std::filesystem::path path = folder_ / fmt::format("before_{}.ir", pass.name);
    write_file(path, text_);
    return fmt::format(" (the graph before it is in {})", path.string());
  }

 private:
  std::filesystem::path folder_;
  std::string text_;
};

bool run_one(const Pass& pass, Graph& graph, const ManagerConfig& config) {
  const Snapshot before(graph, config.dump_folder);
  try {
    const bool changed = run_everywhere(pass, graph);
    if (changed) verify(graph, config.verify_types);
    return changed;
  } catch (Error& error) {
    error.in(fmt::format("pass {}{}", pass.name, before.write(pass)));
    throw;
  }
}

void report(const Logger& logger, const Pass& pass, size_t before, size_t after, std::chrono::steady_clock::duration took) {
  if (not logger) return;
  const double milliseconds = std::chrono::duration<double, std::milli>(took).count();
  logger(Severity::verbose, fmt::format("pass {}: {} -> {} nodes, {:.1f} ms", pass.name, before, after, milliseconds));
}

bool run_and_report(const Pass& pass, Graph& graph, const ManagerConfig& config) {
  using Clock = std::chrono::steady_clock;
  const size_t before = nodes_with_bodies(graph);
  const Clock::time_point start = Clock::now();
  const bool changed = run_one(pass, graph, config);
  if (changed) report(config.logger, pass, before, nodes_with_bodies(graph), Clock::now() - start);
  return changed;
}

}  // namespace

void run(Graph& graph, std::span<const Stage> stages, const ManagerConfig& config) {
  int64_t done = 0;
  for (const Stage& stage : stages) {
    bool changed = true;
    for (int round = 0; changed and round < stage.rounds; ++round) {
      changed = false;
      for (const Pass& pass : stage.passes)
        if (config.pass_limit < 0 or done++ < config.pass_limit) changed |= run_and_report(pass, graph, config);
    }
  }
  in_context([] { return "after the last pass"; }, [&] { verify(graph, true); });
}

}  // namespace burnish::passes
