// One command of the program while it is described: its options, its positional arguments, and what it does.
// A thin face of the parser's library, whose headers take seconds to compile and are seen by command.cpp and program.cpp alone.
// Commands get one from the program and fill it; they never parse.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace burnish::cli::commands {

/// The variable an option is stored in; what it holds before is the default.
using OptionTarget = std::variant<std::string*, std::filesystem::path*, std::vector<std::string>*, std::vector<std::filesystem::path>*,
                                  int*, int64_t*, uint64_t*, double*>;

struct OptionRules {
  std::string type = {};  // shown in the help: "FILE"
  bool required = false;
  bool shows_default = false;
  std::optional<std::pair<double, double>> range = {};
  std::vector<std::string> among = {};
};

class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  Command add(const std::string& name, const std::string& what);
  void footer(const std::string& text);
  void needs_subcommand();
  /// "--name" or "-n,--name"; without dashes a positional argument.
  void option(const std::string& name, OptionTarget target, const std::string& what, const OptionRules& rules = {});
  /// `needed`: the option without which the flag makes no sense.
  void flag(const std::string& name, bool& target, const std::string& what, const std::string& needed = {});
  void does(std::function<void()> work);

 private:
  CLI::App* app_;
};

/// Ends the program with status 1; thrown by a command that has said why.
struct CommandFailed {};

}  // namespace burnish::cli::commands
