#include "ir/rewriter.h"

#include "base/error.h"

namespace burnish {
namespace {

constexpr int most_sweeps = 64;

bool sweep(Graph& graph, const Rule& rule) {
  bool changed = false;
  for (const NodeId id : graph.order()) {
    if (graph.node(id).removed) continue;
    const std::string described = describe(graph.node(id));
    in_context([&] { return described; },
               [&] {
                 const std::optional<Patch> patch = rule(graph, graph.node(id));
                 if (not patch) return;
                 in_context([&] { return fmt::format("applying the patch of {}", patch->rule()); }, [&] { patch->apply(graph, id); });
                 changed = true;
               });
  }
  return changed;
}

}  // namespace

bool rewrite(Graph& graph, const Rule& rule) {
  bool changed = false;
  for (int i = 0; i < most_sweeps and sweep(graph, rule); ++i) changed = true;
  return changed;
}

}  // namespace burnish
