// Parses with CLI11, runs one command, and turns whatever it throws into a message and a status.
#include "cli/commands/program.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <new>

#include "base/error.h"
#include "base/text.h"
#include "burnish/version.h"
#include "cli/commands/commands.h"
#include "cli/usage_error.h"

namespace burnish::cli::commands {
namespace {

void add_commands(CLI::App& app, Console& console) {
  Command program(app);
  for (const auto add : {add_build, add_run, add_bench, add_verify, add_quantize, add_explain, add_inspect, add_diff, add_tactic, add_cache,
                         add_passes, add_knobs, add_devices})
    add(program, console);
}

/// CLI11 has no suggestions of its own.
void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty() or arguments[0].starts_with('-')) return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), arguments[0]) != names.end()) return;
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string_view close = nearest(arguments[0], known);
  fail_usage("`{}` is no command{}. `burnish --help` lists them", arguments[0],
             close.empty() ? "" : fmt::format("; did you mean {}?", close));
}

int parse_and_run(CLI::App& app, const std::vector<std::string>& arguments, Console& console) {
  check_command(app, arguments);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return exit_ok;
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CommandFailed&) { return exit_failure; } catch (const CLI::ParseError& fault) {
    console.error("{}", fault.what());
    console.say(Severity::warning, "see --help");
    return exit_usage;
  }
}

}  // namespace

int run(const std::string&, const std::vector<std::string>& arguments) {
  Console console(Console::Style::plain);
  CLI::App app(
      "Optimizes ONNX models for this machine, runs them, and explains what it did.\nExample: burnish build model.onnx -o model.engine",
      "burnish");
  app.set_version_flag("--version", fmt::format("burnish {}", version_text()));
  app.require_subcommand(1);
  add_commands(app, console);
  try {
    return parse_and_run(app, arguments, console);
  } catch (const UsageError& fault) {
    console.error("{}", fault.what());
    return exit_usage;
  } catch (const std::bad_alloc&) { console.error("there is not enough memory"); } catch (const std::exception& fault) {
    console.error("{}", fault.what());
  }
  return exit_failure;
}

}  // namespace burnish::cli::commands
