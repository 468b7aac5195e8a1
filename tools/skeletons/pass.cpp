#include "passes/@file@.h"

#include "ir/rewriter.h"

namespace burnish::passes {
namespace {

std::optional<Patch> rule(const Graph& graph, const Node& node) {
  // TODO look at `node`; where the rule does not apply, return nothing. Else: Patch patch(graph, "@file@"), add, replace, return it.
  (void)graph, (void)node;
  return {};
}

}  // namespace

bool @Name@::run(Graph& graph) const { return rewrite(graph, rule); }

}  // namespace burnish::passes
