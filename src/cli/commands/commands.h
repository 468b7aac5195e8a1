// Every command of burnish: a function that adds it to the parser, defined in the file of the command's name.
// Called by the program alone. A command's work is its callback; it throws Error or UsageError.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/console.h"

namespace burnish::cli::commands {

void add_build(CLI::App& app, Console& console);
void add_run(CLI::App& app, Console& console);
void add_bench(CLI::App& app, Console& console);
void add_verify(CLI::App& app, Console& console);
void add_explain(CLI::App& app, Console& console);
void add_inspect(CLI::App& app, Console& console);
void add_diff(CLI::App& app, Console& console);
void add_tactic(CLI::App& app, Console& console);
void add_cache(CLI::App& app, Console& console);
void add_passes(CLI::App& app, Console& console);
void add_knobs(CLI::App& app, Console& console);
void add_devices(CLI::App& app, Console& console);

}  // namespace burnish::cli::commands
