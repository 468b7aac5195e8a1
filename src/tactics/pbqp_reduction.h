// A PBQP problem while it is being reduced: nodes of degree 0, 1 and 2 are taken out exactly, and put back once the rest is decided.
// Used by `solve` alone, at every branch again. What remains, the core, has only nodes with three or more neighbours.
#pragma once

#include "tactics/pbqp.h"

namespace burnish::tactics {

class PbqpReduction {
 public:
  explicit PbqpReduction(const PbqpProblem& problem);

  /// Takes out every node of degree below 3, and edges whose two ends do not influence one another.
  void reduce();
  /// Decides a node of the core: its edges become costs of its neighbours.
  void fix(uint32_t node, uint32_t alternative);

  std::vector<uint32_t> core() const;
  /// The core's connected parts, each in ascending order.
  std::vector<std::vector<uint32_t>> components() const;
  PbqpProblem extract(const std::vector<uint32_t>& nodes) const;

  /// What the nodes taken out cost at least, exactly where they are decided; infinite where the problem has no finite solution.
  double taken() const { return taken_; }
  /// No choice for these core nodes costs less.
  double bound(const std::vector<uint32_t>& nodes) const;
  /// The core node with most neighbours, and its alternatives, the locally best first.
  uint32_t hub(const std::vector<uint32_t>& nodes) const;
  std::vector<uint32_t> ranked_alternatives(uint32_t node) const;

  /// Choices for all nodes, given those of the core in `chosen`.
  void complete(std::vector<uint32_t>& chosen) const;

 private:
  struct Edge {
    uint32_t a = 0, b = 0;
    std::vector<double> costs;
    bool alive = true;
    uint32_t other(uint32_t node) const { return node == a ? b : a; }
  };
  struct Removal {
    uint32_t node = 0;
    std::vector<uint32_t> edges;  // to the nodes that are decided before it
    int64_t fixed = -1;
  };

  size_t alternatives(uint32_t node) const { return costs_[node].size(); }
  double edge_cost(const Edge& edge, uint32_t node, size_t own, size_t other) const;
  void connect(uint32_t a, uint32_t b, std::vector<double> costs);
  void disconnect(uint32_t edge);
  void normalize(uint32_t edge);
  void take_out(uint32_t node);
  void merge_into_neighbour(uint32_t node, uint32_t edge);
  void merge_between(uint32_t node, uint32_t first, uint32_t second);
  void queue(uint32_t node);
  double least(uint32_t node) const;

  std::vector<std::vector<double>> costs_;
  std::vector<Edge> edges_;
  std::vector<std::vector<uint32_t>> incident_;  // live edges of each node
  std::vector<bool> removed_;
  std::vector<Removal> removals_;
  std::vector<uint32_t> queue_;
  double taken_ = 0;
};

}  // namespace burnish::tactics
