// The global choice stated as a PBQP problem, and what a choice really costs once every reformat is counted.
// Made by `assign` for the whole problem and for restrictions of it. Reformats are shared: a tensor is brought into each format once.
#pragma once

#include <map>

#include "tactics/assign.h"

namespace burnish::tactics {

/// Which formats every tensor may have and what it costs to change them; made once for a graph and its candidates.
class AssignModel {
 public:
  AssignModel(const Graph& graph, const CandidateSet& found, const std::map<std::string, Format, std::less<>>& io_formats);

  /// The problem with only these candidates of each node. Its first nodes are those of the set; tensors with several consumers follow.
  PbqpProblem problem(const std::vector<std::vector<uint32_t>>& allowed) const;

  /// Seconds of all reformats that these candidates (one for each node) need.
  double reformat_seconds(const std::vector<uint32_t>& chosen) const;

 private:
  /// One place that makes or reads a tensor: output or input `slot` of a node of the set; or a network input or output of fixed format.
  struct End {
    static constexpr uint32_t outside = UINT32_MAX;
    uint32_t node = outside;
    std::vector<uint32_t> formats;  // of each candidate of the node, or one: indices into Flow::formats
  };
  /// A tensor that may need reformats.
  struct Flow {
    std::vector<Format> formats;  // those its producer and consumers know; equal memory counts as one
    std::vector<double> costs;    // [from][to]
    End producer;
    std::vector<End> consumers;
    double cost(uint32_t from, uint32_t to) const { return costs[from * formats.size() + to]; }
  };
  /// Sets of formats a shared tensor is held in, as bits.
  using FormatSet = uint32_t;

  void add_flow(ValueId id, const std::map<std::string, Format, std::less<>>& io_formats);
  static uint32_t intern(Flow& flow, const Format& format, const Dims& dims);
  End output_end(Flow& flow, const Dims& dims, uint32_t node, size_t slot) const;
  End input_end(Flow& flow, const Dims& dims, uint32_t node, size_t slot) const;
  static uint32_t format_at(const End& end, uint32_t candidate) {
    return end.node == End::outside ? end.formats[0] : end.formats[candidate];
  }
  static std::vector<FormatSet> format_sets(size_t formats);
  static double set_cost(const Flow& flow, uint32_t from, FormatSet set);
  static double read_cost(const Flow& flow, FormatSet set, uint32_t wanted, bool complete);
  void add_direct(const Flow& flow, const std::vector<std::vector<uint32_t>>& allowed, PbqpProblem& problem) const;
  void add_shared(const Flow& flow, const std::vector<std::vector<uint32_t>>& allowed, PbqpProblem& problem) const;

  const Graph& graph_;
  const CandidateSet& found_;
  std::vector<uint32_t> place_;  // of each graph node in the set
  std::vector<Flow> flows_;
};

}  // namespace burnish::tactics
