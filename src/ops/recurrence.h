// What LSTM and GRU share in reference evaluation and inference: shapes, activations by name, and the walk over directions and time.
// Called by lstm.cpp and gru.cpp only. Everything computes in double.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ops/import.h"
#include "ops/recurrent.h"

namespace burnish::ops {

struct RecurrentShape {
  int64_t steps = 0, batch = 0, inputs = 0, hidden = 0, directions = 1;
};

int64_t direction_count(Direction direction);
/// ONNX's `direction` attribute; throws Error on an unknown value.
Direction import_direction(const ImportContext& context);
/// x within [-limit, limit]; a limit of 0 means none.
double clipped_gate(double x, double limit);

/// Checks X, W, R, B and the initial states, and sets Y and the final states. `gates` is 4 for LSTM and 3 for GRU.
void infer_recurrent(InferContext& context, int64_t gates, int64_t hidden, Direction direction, bool batch_first, size_t states);

/// An activation by ONNX's name with its alpha and beta; throws Error on an unknown one.
std::function<double(double)> recurrent_activation(const std::string& name, double alpha, double beta);
/// The activations of one direction, defaults filled in.
std::vector<std::function<double(double)>> direction_activations(const std::vector<std::string>& names, const std::vector<double>& alphas, const std::vector<double>& betas,
                                                                const std::vector<std::string>& defaults, size_t direction);

/// X, weights and states as doubles in ONNX's default layout, with outputs to fill.
struct Recurrence {
  Recurrence(EvalContext& context, int64_t gates, int64_t hidden, Direction direction, bool batch_first, size_t states);

  /// The order of time for a direction and sample; entries past the sample's length are left out.
  std::vector<int64_t> times(size_t direction, int64_t sample) const;
  double x(int64_t time, int64_t sample, int64_t input) const;
  /// One gate's sums: W x (+ Wb + Rb unless `apart`) and R h, for row `row` of the weights of a direction.
  double input_sum(size_t direction, int64_t row, int64_t time, int64_t sample) const;
  double state_sum(size_t direction, int64_t row, const std::vector<double>& state) const;
  double input_bias(size_t direction, int64_t row) const;
  double state_bias(size_t direction, int64_t row) const;
  std::vector<double> initial(size_t state, size_t direction, int64_t sample) const;
  void emit(size_t direction, int64_t time, int64_t sample, const std::vector<double>& hidden);
  void finish(size_t state, size_t direction, int64_t sample, const std::vector<double>& values);
  /// Writes Y and the final states out.
  void store(EvalContext& context) const;

  RecurrentShape shape;
  int64_t gates;
  Direction direction;
  bool batch_first;
  std::vector<double> data, weights, recurrent, bias;
  std::vector<int64_t> lengths;
  std::vector<std::vector<double>> initial_states;   // [state][direction][batch][hidden]
  std::vector<std::vector<double>> final_states;
  std::vector<double> outputs;                        // [steps][directions][batch][hidden]
  DType dtype;
};

}  // namespace burnish::ops
