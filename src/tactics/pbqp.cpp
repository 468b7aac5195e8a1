// Branch and bound around the exact reductions: a hub of the core is decided each way, what then falls apart is solved part by part.
// Cores too large to search are first made smaller by deciding hubs greedily.
#include "tactics/pbqp.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "tactics/pbqp_reduction.h"

namespace burnish::tactics {
namespace {

/// Connected cores beyond this size are not worth a search: every level of it holds a copy.
constexpr size_t largest_searched = 96;

struct Found {
  std::vector<uint32_t> chosen;
  double cost = infinite_cost;
};

class Search {
 public:
  explicit Search(size_t limit) : limit_(limit) {}

  /// The cheapest solution below `upper`, or nothing.
  std::optional<Found> solve(const PbqpProblem& problem, double upper) {
    PbqpReduction reduction(problem);
    reduction.reduce();
    decide_greedily(reduction);
    const std::vector<std::vector<uint32_t>> parts = reduction.components();
    double remaining = reduction.bound(reduction.core());
    Found found{std::vector<uint32_t>(problem.nodes.size(), 0), reduction.taken()};
    if (not below(found.cost + remaining, upper)) return std::nullopt;
    for (const std::vector<uint32_t>& part : parts) {
      remaining -= reduction.bound(part);
      const std::optional<Found> best = branch(reduction, part, upper - found.cost - remaining);
      if (not best) return std::nullopt;
      found.cost += best->cost;
      for (size_t i = 0; i < part.size(); ++i) found.chosen[part[i]] = best->chosen[i];
    }
    reduction.complete(found.chosen);
    return found;
  }

  bool exact() const { return exact_; }
  size_t visited() const { return visited_; }

 private:
  /// Without any solution yet, the search goes on longer: one is better than none.
  bool give_up(bool has_solution) const { return visited_ >= (has_solution ? limit_ : 10 * limit_); }

  static bool below(double cost, double upper) { return cost < upper and cost != infinite_cost; }

  /// RN: while a connected part is too large, its hub takes the locally best alternative.
  void decide_greedily(PbqpReduction& reduction) {
    for (bool changed = true; changed;) {
      changed = false;
      for (const std::vector<uint32_t>& part : reduction.components()) {
        if (part.size() <= largest_searched) continue;
        const uint32_t hub = reduction.hub(part);
        const std::vector<uint32_t> ranked = reduction.ranked_alternatives(hub);
        exact_ = false;
        reduction.fix(hub, ranked.empty() ? 0 : ranked[0]);
        reduction.reduce();
        changed = true;
        break;
      }
    }
  }

  std::optional<Found> branch(const PbqpReduction& reduction, const std::vector<uint32_t>& part, double upper) {
    const uint32_t hub = reduction.hub(part);
    const PbqpReduction alone(reduction.extract(part));
    const auto place = static_cast<uint32_t>(std::ranges::find(part, hub) - part.begin());
    std::optional<Found> best;
    for (const uint32_t alternative : reduction.ranked_alternatives(hub)) {
      if (give_up(best.has_value() or upper != infinite_cost)) {
        exact_ = false;
        break;
      }
      ++visited_;
      if (std::optional<Found> found = with(alone, place, alternative, best ? std::min(best->cost, upper) : upper)) best = std::move(found);
    }
    return best;
  }

  std::optional<Found> with(const PbqpReduction& part, uint32_t hub, uint32_t alternative, double upper) {
    PbqpReduction decided = part;
    decided.fix(hub, alternative);
    const std::vector<uint32_t> rest = decided.core();
    std::optional<Found> inner = solve(decided.extract(rest), upper - decided.taken());
    if (not inner) return std::nullopt;
    Found found{std::vector<uint32_t>(rest.size() + 1, 0), inner->cost + decided.taken()};
    for (size_t i = 0; i < rest.size(); ++i) found.chosen[rest[i]] = inner->chosen[i];
    found.chosen[hub] = alternative;
    return found;
  }

  size_t limit_;
  size_t visited_ = 0;
  bool exact_ = true;
};

bool is_cost(double value) { return not std::isnan(value) and value != -infinite_cost; }

void check(const PbqpProblem& problem) {
  for (const std::vector<double>& costs : problem.nodes) {
    BURNISH_CHECK(not costs.empty(), "a PBQP node has no alternative");
    for (const double cost : costs) BURNISH_CHECK(is_cost(cost));
  }
  for (const PbqpEdge& edge : problem.edges) {
    BURNISH_CHECK(edge.a < problem.nodes.size() and edge.b < problem.nodes.size());
    BURNISH_CHECK(edge.costs.size() == problem.nodes[edge.a].size() * problem.nodes[edge.b].size());
    for (const double cost : edge.costs) BURNISH_CHECK(is_cost(cost));
  }
}

}  // namespace

double cost_of(const PbqpProblem& problem, const std::vector<uint32_t>& chosen) {
  double cost = 0;
  for (size_t node = 0; node < problem.nodes.size(); ++node) cost += problem.nodes[node].at(chosen.at(node));
  for (const PbqpEdge& edge : problem.edges) cost += edge.costs.at(chosen.at(edge.a) * problem.nodes[edge.b].size() + chosen.at(edge.b));
  return cost;
}

PbqpSolution solve(const PbqpProblem& problem, size_t branch_limit) {
  check(problem);
  Search search(branch_limit);
  std::optional<Found> found = search.solve(problem, infinite_cost);
  if (not found or cost_of(problem, found->chosen) == infinite_cost) fail("no assignment has a finite cost");
  PbqpSolution solution;
  solution.cost = cost_of(problem, found->chosen);
  solution.chosen = std::move(found->chosen);
  solution.optimal = search.exact();
  solution.branched = search.visited();
  return solution;
}

}  // namespace burnish::tactics
