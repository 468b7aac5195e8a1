// What our LSTM and GRU share: sizes, refusals, variants with estimates, packed weights, and the kernel that walks a sequence.
// Called by the two tactics of this folder, which state their gates and phases and nothing else. The input's products are made for many
// steps at once; the steps follow one another, either direction on threads of its own. Nothing here knows oneDNN.
#pragma once

#include <span>
#include <vector>

#include "backends/cpu/simd/recurrent_cells.h"
#include "ops/recurrent.h"
#include "tactics/tactic.h"

namespace burnish::cpu {

/// Positions of the inputs that LSTM and GRU have in common; P is LSTM's.
struct RecurrentInput {
  static constexpr size_t x = 0, w = 1, r = 2, b = 3, lengths = 4, h = 5, c = 6, p = 7;
};

bool has_input(const tactics::OpRequest& request, size_t index);

/// How the threads of one direction share a step.
enum class Sharing : uint8_t {
  none,   // one thread does it all
  rows,   // each takes some sequences of the batch and never waits
  units,  // each takes some hidden units; all meet after every phase
};

/// Sizes and the division of work: a function of the request alone.
struct Recurrence {
  int64_t steps = 0, batch = 0, width = 0, hidden = 0;
  int64_t directions = 1, gates = 4;
  int64_t lanes = 1, groups = 1;  // see simd/recurrent_cells.h
  bool reverse = false;           // of the first direction
  bool batch_first = false;
  int64_t threads = 1;
  Sharing sharing = Sharing::none;
  int64_t chunk = 1;  // steps whose input products are kept at a time
  double seconds = 0;

  int64_t padded() const { return groups * lanes; }
};

/// What an LSTM or a GRU says about itself.
struct RecurrentOp {
  ops::Direction direction = ops::Direction::forward;
  bool batch_first = false;
  double clip = 0;
  std::span<const std::string> activations;
  std::span<const std::string_view> usual_activations;  // of one direction
  int64_t gates = 4;
};

tactics::Verdict supports_recurrent(const tactics::OpRequest& request, const RecurrentOp& op);
Recurrence recurrence_of(const tactics::OpRequest& request, const RecurrentOp& op);
/// `keeps_reset`: the kernel needs the place where a GRU keeps the state times the reset gate.
void offer_recurrent(const tactics::OpRequest& request, const RecurrentOp& op, bool keeps_reset, tactics::VariantSink& sink);

/// Where things lie in the workspace, in bytes. States are [directions][batch][groups * lanes].
struct RecurrentAreas {
  int64_t projected = 0;
  int64_t states[2] = {0, 0};  // steps read one and write the other in turn
  int64_t cell = 0, kept = 0;  // see CellStep
  int64_t lengths = 0;         // i64, of each sequence
  int64_t bytes = 0;
};
RecurrentAreas areas_of(const Recurrence& sizes, bool keeps_reset);

/// Packs weights into panels of these gates, in this order, once for each content.
Tensor packed_panels(tactics::BuildContext& context, const tactics::OpRequest& request, size_t input, const Recurrence& sizes,
                     std::span<const int64_t> gates);
/// [directions][groups][gates][lanes]: the input's bias of every gate, and of the first `joined` gates the recurrence's too; zeros without one.
std::vector<float> packed_input_bias(const tactics::OpRequest& request, const Recurrence& sizes, int64_t joined);
/// [directions][groups][lanes]: the recurrence's bias of one gate.
std::vector<float> packed_state_bias(const tactics::OpRequest& request, const Recurrence& sizes, int64_t gate);

/// What distinguishes one kernel from another: its functions and its constants, the latter one direction after the other.
struct RecurrentProgram {
  void (*project)(const Projection& projection, const CellPart& part) = nullptr;
  std::vector<CellPhase> phases;  // of one step, in order
  bool has_cell = false;          // LSTM
  Tensor input_panels, state_panels, candidate_panels;
  std::vector<float> input_bias, state_bias;
};

std::unique_ptr<tactics::Kernel> make_recurrent_kernel(const tactics::OpRequest& request, const tactics::Variant& variant,
                                                       const Recurrence& sizes, RecurrentProgram program);

}  // namespace burnish::cpu
