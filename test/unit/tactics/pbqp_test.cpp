// The solver against brute force on small random problems of every shape, and its promises about large ones.
#include "tactics/pbqp.h"

#include <chrono>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"

namespace burnish::tactics {
namespace {

struct Shape {
  size_t nodes;
  size_t alternatives;  // at most
  double density;       // of edges
  double infinite;      // share of infinite costs
  bool integral;        // small whole costs: many ties
};

double random_cost(std::mt19937& random, const Shape& shape) {
  if (std::uniform_real_distribution<>(0, 1)(random) < shape.infinite) return infinite_cost;
  return shape.integral ? static_cast<double>(random() % 4) : std::uniform_real_distribution<>(0, 10)(random);
}

PbqpProblem random_problem(std::mt19937& random, const Shape& shape) {
  PbqpProblem problem;
  for (size_t i = 0; i < shape.nodes; ++i) {
    std::vector<double> costs(1 + random() % shape.alternatives);
    for (double& cost : costs) cost = random_cost(random, shape);
    problem.nodes.push_back(std::move(costs));
  }
  for (uint32_t a = 0; a < shape.nodes; ++a)
    for (uint32_t b = 0; b < shape.nodes; ++b) {
      if (a == b or std::uniform_real_distribution<>(0, 1)(random) > shape.density) continue;
      PbqpEdge edge{a, b, std::vector<double>(problem.nodes[a].size() * problem.nodes[b].size())};
      for (double& cost : edge.costs) cost = random_cost(random, shape);
      problem.edges.push_back(std::move(edge));
    }
  return problem;
}

double brute_force(const PbqpProblem& problem) {
  std::vector<uint32_t> chosen(problem.nodes.size(), 0);
  double best = infinite_cost;
  for (;;) {
    best = std::min(best, cost_of(problem, chosen));
    size_t node = 0;
    while (node < chosen.size() and ++chosen[node] == problem.nodes[node].size()) chosen[node++] = 0;
    if (node == chosen.size()) return best;
  }
}

void expect_least(const PbqpProblem& problem, const std::string& where) {
  const double best = brute_force(problem);
  if (best == infinite_cost) {
    EXPECT_THROW(solve(problem), Error) << where;
    return;
  }
  const PbqpSolution solution = solve(problem);
  EXPECT_TRUE(solution.optimal) << where;
  EXPECT_NEAR(solution.cost, best, 1e-9) << where;
  EXPECT_DOUBLE_EQ(solution.cost, cost_of(problem, solution.chosen)) << where;
  EXPECT_EQ(solve(problem).chosen, solution.chosen) << where;
}

TEST(Pbqp, FindsTheLeastOfSmallRandomProblems) {
  std::mt19937 random(7);
  for (const Shape& shape :
       {Shape{5, 4, 0.15, 0, false}, Shape{6, 3, 0.3, 0, false}, Shape{7, 3, 0.5, 0, true}, Shape{6, 4, 0.5, 0.3, false},
        Shape{7, 3, 0.4, 0.5, true}, Shape{8, 3, 1.0, 0.1, false}, Shape{1, 5, 0, 0.2, false}})
    for (int round = 0; round < 120; ++round)
      expect_least(random_problem(random, shape), "nodes " + std::to_string(shape.nodes) + ", density " + std::to_string(shape.density) +
                                                      ", round " + std::to_string(round));
}

TEST(Pbqp, AddsParallelEdgesAndReadsLoops) {
  // The second edge runs from node 1 to node 0: (1, 0) costs 0 on the first and 3 on the second; (0, 0) costs 5, and 7 for the loop.
  const PbqpProblem problem{{{0, 0}, {0, 0}}, {{0, 1, {5, 9, 0, 9}}, {1, 0, {0, 3, 9, 9}}, {0, 0, {7, 0, 0, 0}}}};
  const PbqpSolution solution = solve(problem);
  EXPECT_EQ(solution.chosen, (std::vector<uint32_t>{1, 0}));
  EXPECT_DOUBLE_EQ(solution.cost, 3);
}

TEST(Pbqp, TiesTakeTheFirstAlternative) {
  const PbqpProblem problem{{{1, 1, 1}, {2, 2}}, {{0, 1, std::vector<double>(6, 0.0)}}};
  EXPECT_EQ(solve(problem).chosen, (std::vector<uint32_t>{0, 0}));
}

TEST(Pbqp, RefusesWhatHasNoFiniteCost) {
  EXPECT_THROW(solve({{{infinite_cost}}, {}}), Error);
  EXPECT_THROW(solve({{{0}, {0}}, {{0, 1, {infinite_cost}}}}), Error);
  EXPECT_THROW(solve({{{}}, {}}), Error);
}

/// Blocks of a residual network, one after the other: an input, two branches, a sum.
PbqpProblem residual_chain(std::mt19937& random, size_t blocks, size_t alternatives) {
  const Shape shape{0, alternatives, 0, 0.02, false};
  PbqpProblem problem;
  const auto add_node = [&] {
    problem.nodes.emplace_back(alternatives);
    for (double& cost : problem.nodes.back()) cost = random_cost(random, {0, 0, 0, 0, false});
    return static_cast<uint32_t>(problem.nodes.size() - 1);
  };
  const auto add_edge = [&](uint32_t a, uint32_t b) {
    PbqpEdge edge{a, b, std::vector<double>(alternatives * alternatives)};
    for (double& cost : edge.costs) cost = random_cost(random, shape);
    problem.edges.push_back(std::move(edge));
  };
  uint32_t last = add_node();
  for (size_t block = 0; block < blocks; ++block) {
    const uint32_t left = add_node(), right = add_node(), sum = add_node();
    for (const auto& [a, b] : {std::pair{last, left}, {last, right}, {left, sum}, {right, sum}, {last, sum}}) add_edge(a, b);
    last = sum;
  }
  return problem;
}

TEST(Pbqp, ReducesSeriesParallelNetworksWithoutSearch) {
  std::mt19937 random(11);
  const PbqpProblem problem = residual_chain(random, 1000, 12);
  const auto begin = std::chrono::steady_clock::now();
  const PbqpSolution solution = solve(problem);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_TRUE(solution.optimal);
  EXPECT_EQ(solution.branched, 0U);
}

TEST(Pbqp, GivesAnAnswerWithinItsLimit) {
  std::mt19937 random(13);
  const PbqpProblem problem = random_problem(random, {60, 8, 0.3, 0, false});
  const PbqpSolution few = solve(problem, 50);
  EXPECT_FALSE(few.optimal);
  EXPECT_LT(few.branched, 2000U);
  EXPECT_LE(solve(problem, 500).cost, few.cost + 1e-9);
  const PbqpProblem large = random_problem(random, {400, 6, 0.02, 0, false});
  EXPECT_FALSE(solve(large, 50).optimal);
}

}  // namespace
}  // namespace burnish::tactics
