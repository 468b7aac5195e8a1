#include "cli/commands/command.h"

#include <CLI/CLI.hpp>

namespace burnish::cli::commands {
namespace {

template <class T>
void limit(CLI::Option& option, const T&, const OptionRules& rules) {
  if constexpr (std::is_arithmetic_v<T>)
    if (rules.range) option.check(CLI::Range(static_cast<T>(rules.range->first), static_cast<T>(rules.range->second)));
}

}  // namespace

Command Command::add(const std::string& name, const std::string& what) { return Command(*app_->add_subcommand(name, what)); }
void Command::footer(const std::string& text) { app_->footer(text); }
void Command::needs_subcommand() { app_->require_subcommand(1); }
void Command::does(std::function<void()> work) { app_->callback(std::move(work)); }

void Command::option(const std::string& name, OptionTarget target, const std::string& what, const OptionRules& rules) {
  std::visit(
      [&](auto* to) {
        CLI::Option& option = *app_->add_option(name, *to, what);
        if (not rules.type.empty()) option.type_name(rules.type);
        if (rules.required) option.required();
        limit(option, *to, rules);
        if (not rules.among.empty()) option.check(CLI::IsMember(rules.among));
        if (rules.shows_default) option.capture_default_str();
      },
      target);
}

void Command::flag(const std::string& name, bool& target, const std::string& what, const std::string& needed) {
  CLI::Option& option = *app_->add_flag(name, target, what);
  if (not needed.empty()) option.needs(needed);
}

}  // namespace burnish::cli::commands
