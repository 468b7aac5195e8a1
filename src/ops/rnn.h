// RNN: one activation of W x + R h + b over a whole sequence. ONNX RNN, opsets 1 to 22.
// Inputs as ONNX: X, W, R, optional B, sequence_lens, initial_h. Outputs: Y, Y_h, each optional.
#pragma once

#include "ops/recurrent.h"

namespace burnish::ops {

struct Rnn {
  int64_t hidden = 0;
  Direction direction = Direction::forward;
  std::vector<std::string> activations;  // empty: Tanh for each direction
  std::vector<double> alphas;
  std::vector<double> betas;
  double clip = 0;
  bool batch_first = false;
  static constexpr auto fields =
      std::tuple{field("hidden", &Rnn::hidden),          field("direction", &Rnn::direction), field("activations", &Rnn::activations),
                 field("alphas", &Rnn::alphas),          field("betas", &Rnn::betas),         field("clip", &Rnn::clip),
                 field("batch_first", &Rnn::batch_first)};
};

}  // namespace burnish::ops
