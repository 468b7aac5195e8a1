// burnish explain: which kernel computes each node, what else could have, and why the rest could not.
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/commands/report_view.h"

namespace burnish::cli::commands {
namespace {

struct Arguments {
  std::filesystem::path file;
  std::string node;
  size_t top = 0;
  bool request = false;
  bool json = false;
};

double mebibytes(int64_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

std::string shortened(std::string_view text, size_t width) {
  return text.size() <= width ? std::string(text) : fmt::format("{}...", text.substr(0, width - 3));
}

/// "5.10 us measured" of the candidate that was chosen; the cost holds the overhead of a step besides.
std::string_view basis_of(const ReportView& report, const NodeRow& node) {
  for (const CandidateRow& candidate : report.requests[node.request].candidates)
    if (candidate.tactic == node.tactic and candidate.variant == node.variant) return candidate.time_us ? "measured" : "estimate";
  return "";
}

void print_nodes(const ReportView& report, size_t top, Console& console) {
  std::vector<const NodeRow*> order;
  for (const NodeRow& node : report.nodes) order.push_back(&node);
  std::stable_sort(order.begin(), order.end(), [](const NodeRow* a, const NodeRow* b) { return a->cost_us > b->cost_us; });
  const size_t shown = top == 0 ? order.size() : std::min(top, order.size());
  console.info("{:>10} {:>6}  {:8}  {:32} {:24} {}", "us", "%", "", "node", "operator", "tactic, variant");
  for (size_t i = 0; i < shown; ++i) {
    const NodeRow& node = *order[i];
    console.info("{:10.2f} {:6.1f}  {:8}  {:32} {:24} {} {}", node.cost_us, report.cost_us > 0 ? 100 * node.cost_us / report.cost_us : 0.0,
                 basis_of(report, node), shortened(node.name, 32), shortened(node.op, 24), node.tactic, node.variant);
  }
  if (shown < order.size()) console.info("... and {} more nodes", order.size() - shown);
}

void print_tactics(const ReportView& report, Console& console) {
  std::map<std::string, std::pair<size_t, double>> tactics;
  for (const NodeRow& node : report.nodes) {
    auto& [count, cost] = tactics[node.tactic];
    ++count;
    cost += node.cost_us;
  }
  std::vector<std::pair<std::string, std::pair<size_t, double>>> order(tactics.begin(), tactics.end());
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second.second > b.second.second; });
  console.info("");
  for (const auto& [tactic, total] : order) console.info("{:10.2f} us  {:5} nodes  {}", total.second, total.first, tactic);
}

void print_totals(const ReportView& report, Console& console) {
  console.info("");
  console.info("{} nodes, {} steps, {} distinct requests, for {} with {} threads ({})", report.nodes.size(), report.steps,
               report.requests.size(), report.backend, report.threads, report.device);
  console.info("expected {:.1f} us, of it {:.1f} us between formats; row-major everywhere {:.1f} us; {}", report.cost_us,
               report.reformat_us, report.uniform_us, report.optimal ? "proven optimal" : "not proven optimal");
  console.info("memory of a session {:.2f} MiB; no plan below {:.2f} MiB; without reuse {:.2f} MiB", mebibytes(report.arena_bytes),
               mebibytes(report.lower_bound), mebibytes(report.without_reuse));
}

void print_candidates(const NodeRow& node, const RequestRow& request, Console& console) {
  std::vector<CandidateRow> order = request.candidates;
  const auto seconds = [](const CandidateRow& row) { return row.time_us.value_or(row.estimate_us); };
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return seconds(a) < seconds(b); });
  console.info("  {:>10} {:>10}  {}", "time us", "est. us", "candidate (* chosen)");
  for (const CandidateRow& row : order) {
    const bool chosen = row.tactic == node.tactic and row.variant == node.variant;
    console.info("{} {:>10} {:10.2f}  {} {}{}{}", chosen ? "*" : " ", row.time_us ? fmt::format("{:.2f}", *row.time_us) : "-",
                 row.estimate_us, row.tactic, row.variant, row.workspace > 0 ? fmt::format(", workspace {} bytes", row.workspace) : "",
                 row.note.empty() ? "" : ": " + row.note);
  }
  for (const RefusalRow& refusal : request.refusals) console.info("  refused: {}: {}", refusal.tactic, refusal.reason);
}

/// One node by its name, or all that came from an ONNX node of that name.
void print_node(const ReportView& report, const std::string& name, bool only_request, Console& console) {
  std::vector<std::string_view> names;
  bool found = false;
  for (const NodeRow& node : report.nodes) {
    names.emplace_back(node.name);
    if (node.name != name and std::find(node.origin.begin(), node.origin.end(), name) == node.origin.end()) continue;
    found = true;
    const RequestRow& request = report.requests[node.request];
    if (only_request) return console.raw(request.text);
    console.info("{} ({}), from {}", node.name, node.op, fmt::join(node.origin, ", "));
    console.info("  request {}", request.hash);
    for (const std::string_view line : split(trim(request.text), '\n')) console.info("    {}", line);
    console.info("  cost {:.2f} us, {:.1f} % of the whole", node.cost_us, report.cost_us > 0 ? 100 * node.cost_us / report.cost_us : 0.0);
    print_candidates(node, request, console);
  }
  if (found) return;
  const std::string_view close = nearest(name, names);
  fail("no node is named `{}`, nor came from one{}", name, close.empty() ? "" : fmt::format("; did you mean `{}`?", close));
}

void run_explain(const Arguments& arguments, Console& console) {
  const std::string text = report_text(arguments.file);
  if (arguments.json) return console.raw(text);
  const ReportView report = parse_report(text);
  if (not arguments.node.empty()) return print_node(report, arguments.node, arguments.request, console);
  print_nodes(report, arguments.top, console);
  print_tactics(report, console);
  print_totals(report, console);
}

}  // namespace

void add_explain(Command& app, Console& console) {
  Command command = app.add("explain", "Show which kernel computes each node of an engine, and why");
  command.footer("Example: burnish explain model.engine --top 20\n         burnish explain model.engine --node Conv_0");
  const auto arguments = std::make_shared<Arguments>();
  command.option("engine", &arguments->file, "engine, or a report that trtexec --exportReport wrote", {.type = "FILE", .required = true});
  command.option("--node", &arguments->node, "everything about one node: candidates, times, refusals", {.type = "NAME"});
  command.flag("--request", arguments->request, "with --node: only its request, for `burnish tactic run`", "--node");
  command.option("--top", &arguments->top, "only the most expensive nodes; 0: all", {.shows_default = true});
  command.flag("--json", arguments->json, "the report as it is stored");
  command.does([arguments, &console] { run_explain(*arguments, console); });
}

}  // namespace burnish::cli::commands
