// Every way to compute every node: which tactics accept it, in which variants, and why the others refuse.
// First stage of the build side. Fused nodes that no fast tactic takes whole are split here (anchor and epilogue apart), so that
// fusion never has to guess what a library supports. It measures nothing.
#pragma once

#include <optional>

#include "tactics/registry.h"

namespace burnish::tactics {

/// A candidate without a tactic needs no step: its variant's `alias` says how outputs share the memory of inputs. The plan copies
/// (by reformat steps) only the parts that cannot be shared.
struct Candidate {
  const Tactic* tactic = nullptr;
  Variant variant;
  double seconds = -1;   // measured; negative where it was not, infinite where it cannot be used
  double expected = -1;  // where it was not measured: the estimate, corrected by what measuring told; negative: not corrected
  std::string note;      // why it was not timed, or that it failed to build
};

/// The tactic's id, or "view", "concat" or "split" for a candidate without one.
std::string name_of(const Candidate& candidate);

struct Refusal {
  std::string tactic;
  std::string reason;
};

struct NodeCandidates {
  NodeId node;
  OpRequest request;
  Hash128 request_hash;
  std::vector<Candidate> candidates;
  std::vector<Refusal> refusals;
  std::string kept_from_halves;  // why no candidate stores float16, where its numbers would overflow there
};

/// Whether the candidate stores or multiplies a tensor in fewer bits than its type has: what only a permission allows. Knobs that begin
/// with "math=" name the type it multiplies in.
bool rounds(const OpRequest& request, const Candidate& candidate);

struct CandidateSet {
  const Backend* backend = nullptr;
  Target target;
  const Tactic* fallback = nullptr;   // the reference, where it may be used: timing turns to it when nothing else can be built
  std::vector<NodeCandidates> nodes;  // in order of execution
};

struct CandidateConfig {
  std::string backend;           // empty: default_backend()
  int threads = 0;               // 0: all cores
  std::vector<DType> permitted;  // DType::bf16 for --bf16
  std::string only_tactic;       // forces one tactic wherever it accepts (tests); else the reference
  bool fallback = true;          // the reference backend as a last resort
  /// Beginnings of ids of tactics that nobody asks.
  std::vector<std::string> left_out = {};
};

/// Splits what no tactic takes (the graph changes), then lists candidates. Throws Error listing every node that nobody can run.
CandidateSet candidates(Graph& graph, const CandidateConfig& config);
/// The same with other backends and tactics than this build's own.
CandidateSet candidates(Graph& graph, const Registry& registry, const CandidateConfig& config);

}  // namespace burnish::tactics
