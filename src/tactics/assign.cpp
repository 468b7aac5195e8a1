// The global choice: states the PBQP problem, solves it, and compares with the best that row-major layouts alone allow.
#include "tactics/assign.h"

#include <algorithm>

#include "base/error.h"
#include "tactics/assign_problem.h"
#include "tactics/pinned.h"

namespace burnish::tactics {
namespace {

using Allowed = std::vector<std::vector<uint32_t>>;

bool is_row_major(const Variant& variant) {
  const auto plain = [](const Format& format) { return format.layout.is_row_major(); };
  return std::ranges::all_of(variant.inputs, plain) and std::ranges::all_of(variant.outputs, plain);
}

/// Only row-major candidates, where a node has any that can be used.
Allowed row_major_only(const CandidateSet& found, const Allowed& allowed) {
  Allowed uniform = allowed;
  for (size_t node = 0; node < allowed.size(); ++node) {
    const std::vector<Candidate>& candidates = found.nodes[node].candidates;
    std::erase_if(uniform[node],
                  [&](uint32_t i) { return not is_row_major(candidates[i].variant) or cost_of(found, candidates[i]) == infinite_cost; });
    if (uniform[node].empty()) uniform[node] = allowed[node];
  }
  return uniform;
}

/// Takes out candidates that round, where the node should be exact. Where all do, that is what the application asked for.
void forbid_rounding(const CandidateSet& found, const std::vector<bool>& exact, Allowed& allowed) {
  for (size_t node = 0; node < exact.size(); ++node) {
    if (not exact[node]) continue;
    std::vector<uint32_t> left = allowed[node];
    std::erase_if(left, [&](uint32_t i) { return rounds(found.nodes[node].request, found.nodes[node].candidates[i]); });
    if (not left.empty()) allowed[node] = std::move(left);
  }
}

void forbid(const Graph& graph, const CandidateSet& found, const std::vector<std::vector<bool>>& ruled_out, Allowed& allowed) {
  for (size_t node = 0; node < ruled_out.size(); ++node) {
    std::erase_if(allowed[node], [&](uint32_t i) { return ruled_out[node][i]; });
    if (allowed[node].empty())
      fail("{}: the kernel that the choices pin has not the type that is asked for the layer",
           describe(graph.node(found.nodes[node].node)));
  }
}

void check_usable(const Graph& graph, const CandidateSet& found, const Allowed& allowed) {
  for (size_t node = 0; node < allowed.size(); ++node) {
    const std::vector<Candidate>& candidates = found.nodes[node].candidates;
    if (std::ranges::any_of(allowed[node], [&](uint32_t i) { return cost_of(found, candidates[i]) < infinite_cost; })) continue;
    std::vector<std::string> notes;
    for (const uint32_t i : allowed[node])
      notes.push_back(fmt::format("{} {}: {}", name_of(candidates[i]), candidates[i].variant.text(), candidates[i].note));
    fail_unsupported("{}: nothing that may be chosen can be used: {}", describe(graph.node(found.nodes[node].node)),
                     fmt::join(notes, "; "));
  }
}

struct Solved {
  std::vector<uint32_t> chosen;  // candidates
  double seconds = infinite_cost;
  double reformat_seconds = 0;
  PbqpSolution solution;
  size_t nodes = 0, edges = 0;
};

Solved solve_with(const AssignModel& model, const CandidateSet& found, const Allowed& allowed) {
  const PbqpProblem problem = model.problem(allowed);
  Solved solved;
  solved.solution = solve(problem);
  solved.nodes = problem.nodes.size();
  solved.edges = problem.edges.size();
  solved.seconds = 0;
  for (size_t node = 0; node < allowed.size(); ++node) {
    solved.chosen.push_back(allowed[node][solved.solution.chosen[node]]);
    solved.seconds += cost_of(found, found.nodes[node].candidates[solved.chosen.back()]);
  }
  solved.reformat_seconds = model.reformat_seconds(solved.chosen);
  solved.seconds += solved.reformat_seconds;
  return solved;
}

}  // namespace

double cost_of(const CandidateSet& set, const Candidate& candidate) {
  const double seconds = candidate.seconds >= 0    ? candidate.seconds
                         : candidate.expected >= 0 ? candidate.expected
                                                   : candidate.variant.estimate;
  return candidate.tactic == nullptr ? seconds : seconds + set.backend->step_overhead();
}

Assignment assign(const Graph& graph, const CandidateSet& found, const AssignConfig& config) {
  Allowed allowed = allowed_candidates(graph, found, config.pinned);
  forbid(graph, found, config.ruled_out, allowed);
  forbid_rounding(found, config.exact, allowed);
  check_usable(graph, found, allowed);
  const AssignModel model(graph, found, config.io_formats);
  const Solved uniform = solve_with(model, found, row_major_only(found, allowed));
  const Solved free = solve_with(model, found, allowed);
  const Solved& best = free.seconds <= uniform.seconds ? free : uniform;
  Assignment assignment;
  assignment.chosen = best.chosen;
  assignment.io_formats = config.io_formats;
  assignment.seconds = best.seconds;
  assignment.reformat_seconds = best.reformat_seconds;
  assignment.best_uniform_seconds = uniform.seconds;
  assignment.optimal = free.solution.optimal;
  assignment.pbqp_nodes = free.nodes;
  assignment.pbqp_edges = free.edges;
  assignment.branched = free.solution.branched;
  return assignment;
}

Choices choices_of(const Graph& graph, const CandidateSet& found, const Assignment& chosen) {
  const std::vector<std::string> names = unique_names(graph, found);
  Choices choices;
  for (size_t i = 0; i < found.nodes.size(); ++i) {
    const Candidate& candidate = found.nodes[i].candidates.at(chosen.chosen.at(i));
    choices.nodes.emplace(names[i], Choice{name_of(candidate), candidate.variant.text()});
  }
  return choices;
}

}  // namespace burnish::tactics
