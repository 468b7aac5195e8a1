// What the reference evaluations of LSTM, GRU and RNN share: activations by name, extents, and the order in which cells run.
// Called by lstm.cpp, gru.cpp and rnn.cpp only. Everything is computed in float with double sums.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ops/import.h"
#include "ops/numbers.h"
#include "ops/recurrent.h"

namespace burnish::ops {

using Activation = std::function<double(double)>;

/// One function for each of `per_direction` roles and each direction; `defaults` where no names are given.
std::vector<Activation> recurrent_activations(const std::vector<std::string>& names, const std::vector<double>& alphas,
                                              const std::vector<double>& betas, Direction direction,
                                              std::span<const std::string_view> defaults);

inline int64_t direction_count(Direction direction) { return direction == Direction::bidirectional ? 2 : 1; }

/// ONNX's `direction` attribute.
Direction import_direction(const ImportContext& context);

/// The checked extents of a recurrent operator with `gates` gates.
struct RecurrentExtents {
  int64_t steps = 0;
  int64_t batch = 0;
  int64_t input = 0;
  int64_t hidden = 0;
  int64_t directions = 1;
  bool batch_first = false;

  int64_t input_row(int64_t step, int64_t item) const { return (batch_first ? item * steps + step : step * batch + item) * input; }
  int64_t output_row(int64_t step, int64_t direction, int64_t item) const {
    return (batch_first ? (item * steps + step) * directions + direction : (step * directions + direction) * batch + item) * hidden;
  }
  int64_t state_row(int64_t direction, int64_t item) const {
    return (batch_first ? item * directions + direction : direction * batch + item) * hidden;
  }
};

/// Validates X, W, R, B, sequence_lens and `states` further initial states (inputs 5, 6, ...) and sets Y and the final states.
void infer_recurrent(InferContext& context, int64_t hidden, Direction direction, bool batch_first, int64_t gates, size_t states);

/// The same checks on tensors.
RecurrentExtents recurrent_extents(const EvalContext& context, int64_t hidden, Direction direction, bool batch_first, int64_t gates,
                                   size_t states);

/// Weights, biases and input as floats, and the products a cell is made of.
struct RecurrentWeights {
  RecurrentWeights(const EvalContext& context, const RecurrentExtents& extents, int64_t gates);

  /// out[g * hidden + i] = W x + Wb for every gate.
  void project_input(int64_t direction, const float* x, double* out) const;
  /// out[i] = R h for the hidden rows of one gate.
  void project_state(int64_t direction, int64_t gate, const double* h, double* out) const;
  double recurrent_bias(int64_t direction, int64_t gate, int64_t unit) const;

  RecurrentExtents extents;
  int64_t gates;
  Numbers<float> x;
  Numbers<float> w;
  Numbers<float> r;
  std::vector<float> bias;  // [directions, 2, gates * hidden], zeros where omitted
};

/// The initial state input `index`, or zeros.
std::vector<double> initial_state(const EvalContext& context, size_t index, const RecurrentExtents& extents);

/// Calls cell(direction, item, step) in each sequence's order; sequences run in parallel.
void run_sequences(const EvalContext& context, const RecurrentExtents& extents, Direction direction,
                   const std::function<void(int64_t direction, int64_t item, int64_t step)>& cell);

/// Writes state values to output `index` where the node has it.
void store_state(EvalContext& context, size_t index, DType dtype, const Dims& dims, const std::vector<double>& values);

Dims sequence_dims(const RecurrentExtents& extents);
Dims state_dims(const RecurrentExtents& extents);

/// A gate's preactivation limited to [-clip, clip]; unlimited where clip is 0.
inline double clipped(double value, double clip) { return clip > 0 ? std::min(std::max(value, -clip), clip) : value; }

}  // namespace burnish::ops
