// burnish passes: what is done to a graph, in order.
#include "cli/commands/commands.h"
#include "passes/pipeline.h"

namespace burnish::cli::commands {

void add_passes(Command& app, Console& console) {
  Command command = app.add("passes", "List the passes in the order in which they run");
  command.footer("Example: burnish passes");
  command.does([&console] {
    for (const passes::PassInfo& pass : passes::list()) console.info("{:32} {}", pass.name, pass.summary);
  });
}

}  // namespace burnish::cli::commands
