// Partitioned Boolean quadratic programming: one alternative for each node so that node costs plus edge costs are least.
// Knows nothing of tensors. Reductions of degree 0, 1 and 2 are exact; above that it branches within a bound and then uses the usual
// heuristic, and says whether the result is proven optimal. (Scholz & Eckstein 2002; Hames & Scholz 2006.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace burnish::tactics {

inline constexpr double infinite_cost = std::numeric_limits<double>::infinity();

struct PbqpEdge {
  uint32_t a = 0, b = 0;
  std::vector<double> costs;  // row-major [alternatives of a][alternatives of b]
};

struct PbqpProblem {
  std::vector<std::vector<double>> nodes;  // cost of each alternative
  std::vector<PbqpEdge> edges;             // several between the same two nodes add up
};

struct PbqpSolution {
  std::vector<uint32_t> chosen;
  double cost = 0;
  bool optimal = false;  // proven
  size_t branched = 0;   // search nodes visited
};

/// `branch_limit` bounds the search nodes. Throws Error where no assignment has a finite cost.
PbqpSolution solve(const PbqpProblem& problem, size_t branch_limit = 20000);

double cost_of(const PbqpProblem& problem, const std::vector<uint32_t>& chosen);

}  // namespace burnish::tactics
