// Dead nodes, removed over the whole graph.
#include "passes/remove_dead.h"

namespace burnish::passes {

bool RemoveDead::run(Graph& graph) const { return not graph.remove_dead().empty(); }

}  // namespace burnish::passes
