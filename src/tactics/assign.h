// The global choice: tactic and format for every node at once, conversion costs included, by PBQP.
// Every graph node, every tensor with several consumers, and every network input and output is a PBQP node; edges cost the reformat
// between producer's and consumer's formats. Reads measured or estimated seconds; never measures.
#pragma once

#include "tactics/candidates.h"
#include "tactics/choices.h"
#include "tactics/pbqp.h"

namespace burnish::tactics {

/// One assignment that was tried on samples: what it should take, and how far its outputs were from exact ones.
struct PrecisionTry {
  double seconds = 0;
  double error = 0;  // in the measure of the accuracy budget
  size_t kept_exact = 0;
};

/// Nodes that follow each other, rounded while all others were exact.
struct PrecisionRun {
  std::string first, last;  // their names
  size_t nodes = 0;
  double error = 0;  // 1 - cosine of the outputs
  double saved = 0;  // seconds
};

struct Assignment {
  std::vector<uint32_t> chosen;                           // for each CandidateSet node: index into its candidates
  std::map<std::string, Format, std::less<>> io_formats;  // as asked in AssignConfig
  double seconds = 0;                                     // of the whole
  double reformat_seconds = 0;
  double best_uniform_seconds = 0;  // the best assignment that uses row-major everywhere, for comparison
  bool optimal = false;
  double cosine = -1;     // of the outputs on sample data with what they are where nothing rounds; negative: nothing was compared
  double error = -1;      // the same in the measure of the accuracy budget
  size_t kept_exact = 0;  // nodes that could be faster in fewer bits, but would cost too much accuracy
  std::vector<PrecisionTry> tries;
  std::vector<PrecisionRun> sensitivity;
  size_t pbqp_nodes = 0, pbqp_edges = 0, branched = 0;
};

struct AssignConfig {
  const Choices* pinned = nullptr;
  std::map<std::string, Format, std::less<>> io_formats;  // by input or output name; else the model's own
  std::vector<bool> exact;                                // nodes of the set that do not round if they need not; empty: none
  std::vector<std::vector<bool>> ruled_out = {};          // of each node, the candidates that may not be chosen; empty: none
};

Assignment assign(const Graph& graph, const CandidateSet& found, const AssignConfig& config = {});
Choices choices_of(const Graph& graph, const CandidateSet& found, const Assignment& chosen);

/// Seconds a candidate is costed with: measured where it was, else its estimate; plus the step overhead.
double cost_of(const CandidateSet& set, const Candidate& candidate);

}  // namespace burnish::tactics
