// burnish passes: what is done to a graph, in order.
#include "cli/commands/commands.h"
#include "passes/pipeline.h"

namespace burnish::cli::commands {

void add_passes(CLI::App& app, Console& console) {
  CLI::App* command = app.add_subcommand("passes", "List the passes in the order in which they run");
  command->footer("Example: burnish passes");
  command->callback([&console] {
    for (const passes::PassInfo& pass : passes::list()) console.info("{:32} {}", pass.name, pass.summary);
  });
}

}  // namespace burnish::cli::commands
