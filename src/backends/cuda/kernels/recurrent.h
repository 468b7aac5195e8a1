// The source of the kernels of LSTM, GRU and RNN: see recurrent.cuh. The tactics of recurrent.cpp and tests use it.
#pragma once

#include <string>
#include <vector>

#include "burnish/dtype.h"
#include "ops/recurrent.h"

namespace burnish::cuda {

enum class CellKind : uint8_t { lstm, gru, rnn };

/// What the three operators have in common, and what tells them apart.
struct Recurrence {
  CellKind kind = CellKind::lstm;
  int64_t hidden = 0;
  ops::Direction direction = ops::Direction::forward;
  std::vector<std::string> activations;  // as code: "tanh(x)", for each direction and role
  double clip = 0;
  bool coupled = false;       // LSTM: the forget gate is 1 - the input gate
  bool reset_before = false;  // GRU: the reset gate acts before the recurrence
  bool batch_first = false;
  int gates() const { return kind == CellKind::lstm ? 4 : kind == CellKind::gru ? 3 : 1; }
  int roles() const { return kind == CellKind::lstm ? 3 : kind == CellKind::gru ? 2 : 1; }
};

/// Activations by their ONNX names as code over `x`, with parameters filled in. Error on an unknown one.
std::vector<std::string> activation_code(const std::vector<std::string>& names, const std::vector<double>& alphas,
                                         const std::vector<double>& betas, size_t count, std::span<const std::string_view> defaults);

/// Kernels `project`, `begin`, and `step`, or `gates` and `candidate`. `items` sequences share a warp.
std::string recurrent_source(const Recurrence& recurrence, DType storage, DType lengths, int items);

}  // namespace burnish::cuda
