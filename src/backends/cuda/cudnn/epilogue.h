// An epilogue, and a convolution's own bias before it, as cuDNN's pointwise nodes: which functions, over which values and operands.
// The tactics of convolutions read requests with it and append what it made to their graphs. It knows nothing of cuDNN's library, so it
// works, and is tested, without one. It never takes part of an epilogue: all of it, or a reason.
#pragma once

#include <optional>
#include <vector>

#include "tactics/tactic.h"

namespace burnish::cuda::cudnn {

enum class Function : uint8_t {
  add,
  sub,
  mul,
  div,
  min,
  max,
  relu,      // limited to `upper`; x * slope below 0
  elu,       // alpha
  swish,     // x * sigmoid(beta * x)
  softplus,  // beta
  sigmoid,
  tanh,
  gelu,
  gelu_tanh,
  erf,
  exp,
  log,
  sqrt,
  reciprocal,
  abs,
  neg,
  floor,
  ceil,
  sin,
  cos,
  tan,
};
bool is_binary(Function function);

struct Value {
  enum class Kind : uint8_t { none, node, operand, scalar };
  Kind kind = Kind::none;
  size_t index = 0;  // node 0 is the anchor's result, node i + 1 is `nodes[i]`; operand i is `operands[i]`
  float number = 0;
  bool operator==(const Value&) const = default;
};

struct PointwiseNode {
  Function function = Function::add;
  Value first, second;
  double parameter = 0;  // relu: slope; elu, swish, softplus: theirs
  std::optional<double> upper;
  bool operator==(const PointwiseNode&) const = default;
};

/// A tensor the epilogue reads besides the anchor's result.
struct EpilogueOperand {
  enum class Shape : uint8_t { whole, channels, single };  // of the output: all of it, one value a channel, one value
  size_t input = 0;                                        // of the request
  Shape shape = Shape::whole;
  bool operator==(const EpilogueOperand&) const = default;
};

struct Epilogue {
  tactics::Verdict verdict = tactics::Verdict::yes();
  std::vector<EpilogueOperand> operands;
  std::vector<PointwiseNode> nodes;  // the last is the output; without any the anchor's result is
};

/// `bias`: the request input with the anchor's own bias of one value a channel, where it has one.
Epilogue epilogue_of(const tactics::OpRequest& request, std::optional<size_t> bias);

/// What cuDNN has ready kernels for: relu(result + residual + bias), each part optional. Indices are of `operands`.
struct BiasActivation {
  std::optional<size_t> residual, bias;
  bool relu = false;
  bool operator==(const BiasActivation&) const = default;
};
std::optional<BiasActivation> bias_activation_of(const Epilogue& epilogue);

}  // namespace burnish::cuda::cudnn
