// LSTM and GRU over a whole sequence. ONNX LSTM 1, 7, 14, 22 and GRU 1, 3, 7, 14, 22.
// Inputs as ONNX: X, W, R, optional B, sequence_lens, initial_h, (LSTM: initial_c, P). Outputs: Y, Y_h, (LSTM: Y_c), each optional.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class Direction : uint8_t { forward, reverse, bidirectional };
template <>
struct EnumNames<Direction> {
  static constexpr std::array<std::string_view, 3> names{"forward", "reverse", "bidirectional"};
};

struct Lstm {
  int64_t hidden = 0;
  Direction direction = Direction::forward;
  std::vector<std::string> activations;  // empty: Sigmoid, Tanh, Tanh for each direction
  std::vector<double> alphas;
  std::vector<double> betas;
  double clip = 0;  // 0: none
  bool coupled_input_forget = false;
  bool batch_first = false;  // ONNX layout 1
  static constexpr auto fields = std::tuple{field("hidden", &Lstm::hidden),
                                            field("direction", &Lstm::direction),
                                            field("activations", &Lstm::activations),
                                            field("alphas", &Lstm::alphas),
                                            field("betas", &Lstm::betas),
                                            field("clip", &Lstm::clip),
                                            field("coupled_input_forget", &Lstm::coupled_input_forget),
                                            field("batch_first", &Lstm::batch_first)};
};

struct Gru {
  int64_t hidden = 0;
  Direction direction = Direction::forward;
  std::vector<std::string> activations;  // empty: Sigmoid, Tanh for each direction
  std::vector<double> alphas;
  std::vector<double> betas;
  double clip = 0;
  bool linear_before_reset = false;
  bool batch_first = false;
  static constexpr auto fields = std::tuple{field("hidden", &Gru::hidden),
                                            field("direction", &Gru::direction),
                                            field("activations", &Gru::activations),
                                            field("alphas", &Gru::alphas),
                                            field("betas", &Gru::betas),
                                            field("clip", &Gru::clip),
                                            field("linear_before_reset", &Gru::linear_before_reset),
                                            field("batch_first", &Gru::batch_first)};
};

}  // namespace burnish::ops
