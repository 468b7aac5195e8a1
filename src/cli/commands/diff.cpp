// burnish diff: where two engines, or two choices files, compute a node differently. Ends with status 1 where they differ.
#include <map>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/commands/model_source.h"
#include "cli/commands/report_view.h"
#include "cli/usage_error.h"
#include "engine/file.h"
#include "tactics/choices.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path left, right;
};

struct Side {
  std::string name;
  tactics::Choices choices;
  std::map<std::string, double> cost_us;  // by node, of engines
  std::string totals;
};

Side read_side(const std::filesystem::path& path) {
  Side side{.name = path.string(), .choices = {}, .cost_us = {}, .totals = {}};
  return in_context([&] { return fmt::format("reading {}", path.string()); },
                    [&] {
                      if (not is_engine_file(path)) {
                        side.choices = tactics::Choices::parse(read_text(path));
                        return side;
                      }
                      const engine::EngineData data = engine::read(path);
                      side.choices = tactics::Choices::parse(data.choices);
                      const ReportView report = parse_report(data.report);
                      for (const NodeRow& node : report.nodes) side.cost_us[node.name] = node.cost_us;
                      side.totals = fmt::format("{}: {} nodes, {} steps, {} with {} threads, expected {:.1f} us, session memory {:.2f} MiB",
                                                side.name, report.nodes.size(), report.steps, report.backend, report.threads,
                                                report.cost_us, static_cast<double>(report.arena_bytes) / 1048576.0);
                      return side;
                    });
}

void print_choice(char sign, const Side& side, const std::string& node, const tactics::Choice& choice, Console& console) {
  const auto cost = side.cost_us.find(node);
  console.info("  {} {} {}{}", sign, choice.tactic, choice.variant,
               cost == side.cost_us.end() ? "" : fmt::format("  ({:.2f} us)", cost->second));
}

size_t print_differences(const Side& left, const Side& right, Console& console) {
  size_t count = 0;
  for (const auto& [node, choice] : left.choices.nodes) {
    const auto other = right.choices.nodes.find(node);
    if (other != right.choices.nodes.end() and other->second == choice) continue;
    ++count;
    console.info("{}", node);
    print_choice('-', left, node, choice, console);
    if (other != right.choices.nodes.end()) print_choice('+', right, node, other->second, console);
  }
  for (const auto& [node, choice] : right.choices.nodes) {
    if (left.choices.nodes.contains(node)) continue;
    ++count;
    console.info("{}", node);
    print_choice('+', right, node, choice, console);
  }
  return count;
}

void run_diff(const Arguments& arguments, Console& console) {
  const Side left = read_side(arguments.left);
  const Side right = read_side(arguments.right);
  const size_t differences = print_differences(left, right, console);
  for (const Side* side : {&left, &right})
    if (not side->totals.empty()) console.info("{}", side->totals);
  console.info("{} of {} and {} nodes differ", differences, left.choices.nodes.size(), right.choices.nodes.size());
  if (differences > 0) throw CommandFailed();
}

}  // namespace

void add_diff(Command& app, Console& console) {
  Command command = app.add("diff", "Show where two engines or choices files differ");
  command.footer("Example: burnish diff before.engine after.engine");
  const auto arguments = std::make_shared<Arguments>();
  command.option("left", &arguments->left, "engine or choices file", {.type = "FILE", .required = true});
  command.option("right", &arguments->right, "engine or choices file", {.type = "FILE", .required = true});
  command.does([arguments, &console] { run_diff(*arguments, console); });
}

}  // namespace burnish::cli::commands
