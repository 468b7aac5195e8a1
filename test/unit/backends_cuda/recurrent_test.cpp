// Kernels of LSTM, GRU and RNN: every cell compiles, and activations become code.
#include "backends/cuda/kernels/recurrent.h"

#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

Recurrence recurrence(CellKind kind) {
  Recurrence made{.kind = kind, .hidden = 8, .activations = {}};
  made.activations =
      activation_code({}, {}, {}, static_cast<size_t>(made.roles()), std::array<std::string_view, 3>{"Sigmoid", "Tanh", "Elu"});
  return made;
}

TEST(Recurrent, CellsCompile) {
  BURNISH_NEEDS_NVRTC();
  expect_compiles(recurrent_source(recurrence(CellKind::lstm), DType::f32, DType::i32, 8));
  expect_compiles(recurrent_source(recurrence(CellKind::rnn), DType::bf16, DType::i64, 1));
  Recurrence gru = recurrence(CellKind::gru);
  expect_compiles(recurrent_source(gru, DType::f16, DType::i32, 2));
  gru.reset_before = true;
  gru.clip = 3;
  expect_compiles(recurrent_source(gru, DType::f32, DType::i64, 4));
}

TEST(Recurrent, ActivationsTakeTheirParametersInOrder) {
  const std::vector<std::string> code = activation_code({"LeakyRelu", "tanh", "HardSigmoid"}, {0.5}, {0.25}, 3, {});
  EXPECT_NE(code[0].find("5.0000"), std::string::npos);
  EXPECT_EQ(code[1], "tanhf(x)");
  EXPECT_NE(code[2].find("2.0000"), std::string::npos);
  EXPECT_NE(code[2].find("2.5000"), std::string::npos);
  EXPECT_THROW(activation_code({"Sine"}, {}, {}, 1, {}), Error);
}

}  // namespace
}  // namespace burnish::cuda
