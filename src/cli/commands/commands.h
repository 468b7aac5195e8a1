// Every command of burnish: a function that adds it to the parser, defined in the file of the command's name.
// Called by the program alone. A command's work is its callback; it throws Error or UsageError.
#pragma once

#include "cli/commands/command.h"

#include "cli/console.h"

namespace burnish::cli::commands {

void add_build(Command& app, Console& console);
void add_run(Command& app, Console& console);
void add_bench(Command& app, Console& console);
void add_verify(Command& app, Console& console);
void add_explain(Command& app, Console& console);
void add_quantize(Command& app, Console& console);
void add_inspect(Command& app, Console& console);
void add_diff(Command& app, Console& console);
void add_tactic(Command& app, Console& console);
void add_cache(Command& app, Console& console);
void add_passes(Command& app, Console& console);
void add_knobs(Command& app, Console& console);
void add_devices(Command& app, Console& console);

}  // namespace burnish::cli::commands
