// The exact reductions R0, RI and RII, and the normal form of edges: what a row or column costs at least moves into the node.
#include "tactics/pbqp_reduction.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace burnish::tactics {

PbqpReduction::PbqpReduction(const PbqpProblem& problem)
    : costs_(problem.nodes), incident_(problem.nodes.size()), removed_(problem.nodes.size(), false) {
  for (const PbqpEdge& edge : problem.edges) {
    if (edge.a == edge.b) {
      for (size_t i = 0; i < costs_[edge.a].size(); ++i) costs_[edge.a][i] += edge.costs[i * costs_[edge.a].size() + i];
    } else {
      connect(edge.a, edge.b, edge.costs);
    }
  }
  for (uint32_t edge = 0; edge < edges_.size(); ++edge) normalize(edge);
  for (uint32_t node = 0; node < costs_.size(); ++node) queue(node);
}

double PbqpReduction::edge_cost(const Edge& edge, uint32_t node, size_t own, size_t other) const {
  return node == edge.a ? edge.costs[own * alternatives(edge.b) + other] : edge.costs[other * alternatives(edge.b) + own];
}

void PbqpReduction::connect(uint32_t a, uint32_t b, std::vector<double> costs) {
  const uint32_t scarce = incident_[a].size() <= incident_[b].size() ? a : b;
  for (const uint32_t index : incident_[scarce]) {
    Edge& known = edges_[index];
    if (known.other(scarce) != (scarce == a ? b : a)) continue;
    for (size_t i = 0; i < alternatives(a); ++i)
      for (size_t j = 0; j < alternatives(b); ++j)
        (known.a == a ? known.costs[i * alternatives(b) + j] : known.costs[j * alternatives(a) + i]) += costs[i * alternatives(b) + j];
    return;
  }
  const auto index = static_cast<uint32_t>(edges_.size());
  edges_.push_back({a, b, std::move(costs), true});
  incident_[a].push_back(index);
  incident_[b].push_back(index);
}

void PbqpReduction::disconnect(uint32_t index) {
  edges_[index].alive = false;
  for (const uint32_t node : {edges_[index].a, edges_[index].b}) {
    std::erase(incident_[node], index);
    queue(node);
  }
}

void PbqpReduction::normalize(uint32_t index) {
  Edge& edge = edges_[index];
  if (not edge.alive) return;
  const auto cell = [&](uint32_t node, size_t own, size_t other) -> double& {
    return node == edge.a ? edge.costs[own * alternatives(edge.b) + other] : edge.costs[other * alternatives(edge.b) + own];
  };
  bool independent = true;
  for (const uint32_t node : {edge.a, edge.b}) {
    const uint32_t other = edge.other(node);
    for (size_t i = 0; i < alternatives(node); ++i) {
      double least = infinite_cost;
      for (size_t j = 0; j < alternatives(other); ++j)
        if (costs_[other][j] != infinite_cost) least = std::min(least, cell(node, i, j));
      costs_[node][i] += least;
      for (size_t j = 0; j < alternatives(other); ++j) {
        double& cost = cell(node, i, j);
        cost = costs_[node][i] == infinite_cost ? 0 : cost - least;
      }
    }
  }
  for (size_t i = 0; i < alternatives(edge.a); ++i)
    for (size_t j = 0; j < alternatives(edge.b); ++j)
      independent = independent and (costs_[edge.b][j] == infinite_cost or edge.costs[i * alternatives(edge.b) + j] == 0);
  if (independent) disconnect(index);
}

void PbqpReduction::queue(uint32_t node) {
  if (not removed_[node] and incident_[node].size() <= 2) queue_.push_back(node);
}

double PbqpReduction::least(uint32_t node) const { return *std::ranges::min_element(costs_[node]); }

void PbqpReduction::reduce() {
  for (size_t next = 0; next < queue_.size(); ++next)
    if (const uint32_t node = queue_[next]; not removed_[node] and incident_[node].size() <= 2)
      take_out(node);  // a merge may have added an edge
  queue_.clear();
}

void PbqpReduction::take_out(uint32_t node) {
  removed_[node] = true;
  const std::vector<uint32_t> edges = incident_[node];
  removals_.push_back({node, edges, -1});
  if (edges.empty()) taken_ += least(node);
  if (edges.size() == 1) merge_into_neighbour(node, edges[0]);
  if (edges.size() == 2) merge_between(node, edges[0], edges[1]);
}

void PbqpReduction::merge_into_neighbour(uint32_t node, uint32_t index) {
  const uint32_t neighbour = edges_[index].other(node);
  for (size_t j = 0; j < alternatives(neighbour); ++j) {
    double best = infinite_cost;
    for (size_t i = 0; i < alternatives(node); ++i) best = std::min(best, costs_[node][i] + edge_cost(edges_[index], node, i, j));
    costs_[neighbour][j] += best;
  }
  disconnect(index);
}

void PbqpReduction::merge_between(uint32_t node, uint32_t first, uint32_t second) {
  const uint32_t a = edges_[first].other(node);
  const uint32_t b = edges_[second].other(node);
  std::vector<double> costs(alternatives(a) * alternatives(b), infinite_cost);
  for (size_t i = 0; i < alternatives(node); ++i)
    for (size_t j = 0; j < alternatives(a); ++j) {
      const double with_a = costs_[node][i] + edge_cost(edges_[first], node, i, j);
      if (with_a == infinite_cost) continue;
      for (size_t k = 0; k < alternatives(b); ++k) {
        double& cost = costs[j * alternatives(b) + k];
        cost = std::min(cost, with_a + edge_cost(edges_[second], node, i, k));
      }
    }
  disconnect(first);
  disconnect(second);
  connect(a, b, std::move(costs));
  const std::vector<uint32_t> edges = incident_[a];
  for (const uint32_t index : edges)
    if (edges_[index].other(a) == b) normalize(index);
}

void PbqpReduction::fix(uint32_t node, uint32_t alternative) {
  removed_[node] = true;
  removals_.push_back({node, {}, static_cast<int64_t>(alternative)});
  taken_ += costs_[node][alternative];
  const std::vector<uint32_t> edges = incident_[node];
  for (const uint32_t index : edges) {
    const uint32_t neighbour = edges_[index].other(node);
    for (size_t j = 0; j < alternatives(neighbour); ++j) costs_[neighbour][j] += edge_cost(edges_[index], node, alternative, j);
    disconnect(index);
  }
}

std::vector<uint32_t> PbqpReduction::core() const {
  std::vector<uint32_t> nodes;
  for (uint32_t node = 0; node < costs_.size(); ++node)
    if (not removed_[node]) nodes.push_back(node);
  return nodes;
}

std::vector<std::vector<uint32_t>> PbqpReduction::components() const {
  std::vector<std::vector<uint32_t>> components;
  std::vector<bool> seen = removed_;
  for (const uint32_t start : core()) {
    if (seen[start]) continue;
    std::vector<uint32_t> part = {start};
    seen[start] = true;
    for (size_t next = 0; next < part.size(); ++next)
      for (const uint32_t index : incident_[part[next]])
        if (const uint32_t other = edges_[index].other(part[next]); not seen[other]) {
          seen[other] = true;
          part.push_back(other);
        }
    std::ranges::sort(part);
    components.push_back(std::move(part));
  }
  return components;
}

PbqpProblem PbqpReduction::extract(const std::vector<uint32_t>& nodes) const {
  PbqpProblem problem;
  std::vector<uint32_t> place(costs_.size(), UINT32_MAX);
  for (const uint32_t node : nodes) {
    place[node] = static_cast<uint32_t>(problem.nodes.size());
    problem.nodes.push_back(costs_[node]);
  }
  for (const Edge& edge : edges_)
    if (edge.alive and place[edge.a] != UINT32_MAX) problem.edges.push_back({place[edge.a], place[edge.b], edge.costs});
  return problem;
}

double PbqpReduction::bound(const std::vector<uint32_t>& nodes) const {
  return std::accumulate(nodes.begin(), nodes.end(), 0.0, [&](double sum, uint32_t node) { return sum + least(node); });
}

uint32_t PbqpReduction::hub(const std::vector<uint32_t>& nodes) const {
  return *std::ranges::max_element(nodes, {}, [&](uint32_t node) { return incident_[node].size(); });
}

std::vector<uint32_t> PbqpReduction::ranked_alternatives(uint32_t node) const {
  std::vector<double> local = costs_[node];
  for (const uint32_t index : incident_[node]) {
    const uint32_t neighbour = edges_[index].other(node);
    for (size_t i = 0; i < local.size(); ++i) {
      double best = infinite_cost;
      for (size_t j = 0; j < alternatives(neighbour); ++j)
        best = std::min(best, costs_[neighbour][j] + edge_cost(edges_[index], node, i, j));
      local[i] += best;
    }
  }
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < local.size(); ++i)
    if (local[i] != infinite_cost) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](uint32_t i) { return local[i]; });
  return order;
}

void PbqpReduction::complete(std::vector<uint32_t>& chosen) const {
  for (auto removal = removals_.rbegin(); removal != removals_.rend(); ++removal) {
    if (removal->fixed >= 0) {
      chosen[removal->node] = static_cast<uint32_t>(removal->fixed);
      continue;
    }
    std::vector<double> total = costs_[removal->node];
    for (const uint32_t index : removal->edges)
      for (size_t i = 0; i < total.size(); ++i)
        total[i] += edge_cost(edges_[index], removal->node, i, chosen[edges_[index].other(removal->node)]);
    chosen[removal->node] = static_cast<uint32_t>(std::ranges::min_element(total) - total.begin());
  }
}

}  // namespace burnish::tactics
