// Vector code of LSTM and GRU, chosen at run time for the best instruction set (Highway): products of a few rows with packed weights whose
// sums stay in registers until the gates are applied. Called by kernels/recurrent, by several threads at a time on parts that do not
// overlap. It knows no tensors and no threads, and allocates nothing.
//
// Weights come in panels: hidden units are taken in groups of `lanes`, and a group's panel holds, for each input, one vector a gate:
// [groups][inputs][gates][lanes]. The last group is padded with zeros. Rows of states are padded likewise to `groups * lanes`.
#pragma once

#include <cstdint>

namespace burnish::cpu {

/// A sequence of rows in memory, in elements.
template <class T>
struct Steps {
  T* data = nullptr;
  int64_t time = 0;  // from one step to the next
  int64_t item = 0;  // from one sequence of the batch to the next

  T* row(int64_t at, int64_t of) const { return data + at * time + of * item; }
};

/// Which step of the tensors a sequence is at when its recurrence is at `index`.
struct StepOrder {
  const int64_t* lengths = nullptr;  // of each sequence
  bool backwards = false;

  bool runs(int64_t index, int64_t item) const { return index < lengths[item]; }
  /// Steps behind a sequence's end keep their place in either direction: zeros go there.
  int64_t time(int64_t index, int64_t item) const { return backwards and runs(index, item) ? lengths[item] - 1 - index : index; }
};

/// Rows of a batch and groups of hidden units: what one call computes.
struct CellPart {
  int64_t first_row = 0, last_row = 0;
  int64_t first_group = 0, last_group = 0;
};

/// out = bias + W x for the rows of some steps, step by step: row `r` is sequence `r % batch` at index `first_index + r / batch`.
struct Projection {
  Steps<const float> x;
  StepOrder order;
  int64_t first_index = 0;
  int64_t batch = 1;
  int64_t width = 0;
  int64_t groups = 0;
  const float* panels = nullptr;
  const float* bias = nullptr;  // [groups][gates][lanes]
  float* out = nullptr;         // [row][groups][gates][lanes]
};

/// One step of one direction.
struct CellStep {
  int64_t index = 0;
  StepOrder order;
  int64_t hidden = 0;
  int64_t groups = 0;
  const float* panels = nullptr;      // of the gates that multiply the state
  const float* candidate = nullptr;   // GRU: panels of the candidate alone, where the reset gate comes before the product
  const float* state_bias = nullptr;  // GRU: [groups][lanes], added to the candidate's product before the reset gate
  const float* projected = nullptr;   // [batch][groups][gates][lanes]
  const float* state = nullptr;       // [batch][groups * lanes], as are all that follow
  float* next = nullptr;              // the state after this step
  float* cell = nullptr;              // LSTM: its cell state; GRU: the update gate between two phases
  float* kept = nullptr;              // GRU: the state times the reset gate between two phases
  Steps<float> y;                     // without data where nobody reads it
};

using CellPhase = void (*)(const CellStep& step, const CellPart& part);

struct RecurrentCells {
  int64_t lanes;
  /// For 4 gates (LSTM) and 3 (GRU).
  void (*project_lstm)(const Projection& projection, const CellPart& part);
  void (*project_gru)(const Projection& projection, const CellPart& part);
  /// Gates: input, output, forget, cell.
  CellPhase lstm;
  /// Gates: update, reset, candidate; the reset gate scales the candidate's product.
  CellPhase gru;
  /// The reset gate scales the state. First the update and reset gates of every unit, then, with all of them done, the candidate.
  CellPhase gru_gates;
  CellPhase gru_candidate;
};

/// The functions for this machine.
const RecurrentCells& recurrent_cells();

}  // namespace burnish::cpu
