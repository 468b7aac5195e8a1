#include "ops/recurrence.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace burnish::ops {
namespace {

std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> values(static_cast<size_t>(tensor.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = tensor.number(static_cast<int64_t>(i));
  return values;
}

/// Swaps the first two axes of [a, b, c].
std::vector<double> swapped(const std::vector<double>& values, int64_t a, int64_t b, int64_t c) {
  std::vector<double> out(values.size());
  for (int64_t i = 0; i < a; ++i)
    for (int64_t j = 0; j < b; ++j) std::copy_n(values.begin() + (i * b + j) * c, c, out.begin() + (j * a + i) * c);
  return out;
}

void expect_dim(const InferContext& context, size_t input, size_t axis, const Dim& wanted, std::string_view what) {
  const Dim& given = context.shape(input)[axis];
  if (given.is_constant() and wanted.is_constant() and not(given == wanted))
    fail("input {} {}: axis {} should be {} ({})", input, context.shape(input).text(), axis, wanted.text(), what);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

int64_t direction_count(Direction direction) { return direction == Direction::bidirectional ? 2 : 1; }

Direction import_direction(const ImportContext& context) {
  const std::string name = context.string_or("direction", "forward");
  if (name == "forward") return Direction::forward;
  if (name == "reverse") return Direction::reverse;
  if (name == "bidirectional") return Direction::bidirectional;
  fail("attribute `direction` has the unknown value `{}`", name);
}

double clipped_gate(double x, double limit) { return limit > 0 ? std::clamp(x, -limit, limit) : x; }

void infer_recurrent(InferContext& context, int64_t gates, int64_t hidden, Direction direction, bool batch_first, size_t states) {
  context.expect_inputs(3, states == 2 ? 8 : 6);
  for (const size_t input : {0, 1, 2}) context.expect_rank(input, 3);
  if (not is_floating(context.dtype(0))) fail("recurrent layers compute floating types, not {}", name_of(context.dtype(0)));
  const int64_t directions = direction_count(direction);
  const Dim& batch = context.shape(0)[batch_first ? 0 : 1];
  const Dim& steps = context.shape(0)[batch_first ? 1 : 0];
  if (hidden <= 0) fail("hidden_size {} is not positive", hidden);
  for (const size_t input : {1, 2}) {
    expect_dim(context, input, 0, Dim(directions), "directions");
    expect_dim(context, input, 1, Dim(gates * hidden), "gates times hidden_size");
  }
  expect_dim(context, 1, 2, context.shape(0)[2], "the size of one step's input");
  expect_dim(context, 2, 2, Dim(hidden), "hidden_size");
  if (context.has_input(3)) {
    context.expect_rank(3, 2);
    expect_dim(context, 3, 0, Dim(directions), "directions");
    expect_dim(context, 3, 1, Dim(2 * gates * hidden), "two biases for each gate");
  }
  if (context.has_input(4)) {
    context.expect_rank(4, 1);
    expect_dim(context, 4, 0, batch, "batch");
  }
  for (size_t state = 0; state < states; ++state) {
    if (not context.has_input(5 + state)) continue;
    context.expect_rank(5 + state, 3);
    expect_dim(context, 5 + state, batch_first ? 1 : 0, Dim(directions), "directions");
    expect_dim(context, 5 + state, batch_first ? 0 : 1, batch, "batch");
    expect_dim(context, 5 + state, 2, Dim(hidden), "hidden_size");
  }
  if (context.has_input(7)) {
    context.expect_rank(7, 2);
    expect_dim(context, 7, 0, Dim(directions), "directions");
    expect_dim(context, 7, 1, Dim(3 * hidden), "three peepholes");
  }
  const Shape all = batch_first ? Shape{batch, steps, Dim(directions), Dim(hidden)} : Shape{steps, Dim(directions), batch, Dim(hidden)};
  const Shape last = batch_first ? Shape{batch, Dim(directions), Dim(hidden)} : Shape{Dim(directions), batch, Dim(hidden)};
  for (size_t i = 0; i < context.output_count(); ++i) context.output(i, context.dtype(0), i == 0 ? all : last);
}

std::function<double(double)> recurrent_activation(const std::string& name, double alpha, double beta) {
  if (name == "Sigmoid") return sigmoid;
  if (name == "Tanh") return [](double x) { return std::tanh(x); };
  if (name == "Relu") return [](double x) { return std::max(x, 0.0); };
  if (name == "Affine") return [=](double x) { return alpha * x + beta; };
  if (name == "LeakyRelu") return [=](double x) { return x < 0 ? alpha * x : x; };
  if (name == "ThresholdedRelu") return [=](double x) { return x > alpha ? x : 0; };
  if (name == "ScaledTanh") return [=](double x) { return alpha * std::tanh(beta * x); };
  if (name == "HardSigmoid") return [=](double x) { return std::clamp(alpha * x + beta, 0.0, 1.0); };
  if (name == "Elu") return [=](double x) { return x < 0 ? alpha * std::expm1(x) : x; };
  if (name == "Softsign") return [](double x) { return x / (1 + std::abs(x)); };
  if (name == "Softplus") return [](double x) { return x > 30 ? x : std::log1p(std::exp(x)); };
  fail("unknown activation `{}`", name);
}

std::vector<std::function<double(double)>> direction_activations(const std::vector<std::string>& names, const std::vector<double>& alphas, const std::vector<double>& betas,
                                                                const std::vector<std::string>& defaults, size_t direction) {
  std::vector<std::function<double(double)>> made;
  for (size_t i = 0; i < defaults.size(); ++i) {
    const size_t at = direction * defaults.size() + i;
    const std::string& name = names.empty() ? defaults[i] : names.at(std::min(at, names.size() - 1));
    const double alpha = name == "HardSigmoid" ? 0.2 : name == "LeakyRelu" ? 0.01 : 1.0;
    const double beta = name == "HardSigmoid" ? 0.5 : name == "ScaledTanh" ? 1.0 : 0.0;
    made.push_back(recurrent_activation(name, at < alphas.size() ? alphas[at] : alpha, at < betas.size() ? betas[at] : beta));
  }
  return made;
}

Recurrence::Recurrence(EvalContext& context, int64_t gates_, int64_t hidden, Direction direction_, bool batch_first_, size_t states)
    : gates(gates_), direction(direction_), batch_first(batch_first_), dtype(context.input(0).dtype()) {
  const Dims& dims = context.input(0).dims();
  shape = {dims[batch_first ? 1 : 0], dims[batch_first ? 0 : 1], dims[2], hidden, direction_count(direction)};
  data = numbers(context.input(0));
  if (batch_first) data = swapped(data, shape.batch, shape.steps, shape.inputs);
  weights = numbers(context.input(1));
  recurrent = numbers(context.input(2));
  bias = context.has_input(3) ? numbers(context.input(3)) : std::vector<double>(static_cast<size_t>(shape.directions * 2 * gates * hidden), 0.0);
  lengths.assign(static_cast<size_t>(shape.batch), shape.steps);
  if (context.has_input(4)) lengths = context.input(4).integers();
  for (int64_t& length : lengths) length = std::clamp<int64_t>(length, 0, shape.steps);
  for (size_t state = 0; state < states; ++state) {
    std::vector<double> first(static_cast<size_t>(shape.directions * shape.batch * hidden), 0.0);
    if (context.has_input(5 + state)) first = numbers(context.input(5 + state));
    if (context.has_input(5 + state) and batch_first) first = swapped(first, shape.batch, shape.directions, hidden);
    final_states.push_back(first);
    initial_states.push_back(std::move(first));
  }
  outputs.assign(static_cast<size_t>(shape.steps * shape.directions * shape.batch * hidden), 0.0);
}

std::vector<int64_t> Recurrence::times(size_t which, int64_t sample) const {
  const bool backward = direction == Direction::reverse or which == 1;
  const int64_t length = lengths[static_cast<size_t>(sample)];
  std::vector<int64_t> order(static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) order[static_cast<size_t>(i)] = backward ? length - 1 - i : i;
  return order;
}

double Recurrence::x(int64_t time, int64_t sample, int64_t input) const { return data[static_cast<size_t>((time * shape.batch + sample) * shape.inputs + input)]; }

double Recurrence::input_sum(size_t which, int64_t row, int64_t time, int64_t sample) const {
  const double* line = weights.data() + (static_cast<int64_t>(which) * gates * shape.hidden + row) * shape.inputs;
  double sum = 0;
  for (int64_t i = 0; i < shape.inputs; ++i) sum += line[i] * x(time, sample, i);
  return sum;
}

double Recurrence::state_sum(size_t which, int64_t row, const std::vector<double>& state) const {
  const double* line = recurrent.data() + (static_cast<int64_t>(which) * gates * shape.hidden + row) * shape.hidden;
  double sum = 0;
  for (int64_t i = 0; i < shape.hidden; ++i) sum += line[i] * state[static_cast<size_t>(i)];
  return sum;
}

double Recurrence::input_bias(size_t which, int64_t row) const { return bias[static_cast<size_t>(static_cast<int64_t>(which) * 2 * gates * shape.hidden + row)]; }
double Recurrence::state_bias(size_t which, int64_t row) const {
  return bias[static_cast<size_t>((static_cast<int64_t>(which) * 2 + 1) * gates * shape.hidden + row)];
}

std::vector<double> Recurrence::initial(size_t state, size_t which, int64_t sample) const {
  const auto first = initial_states[state].begin() + (static_cast<int64_t>(which) * shape.batch + sample) * shape.hidden;
  return {first, first + shape.hidden};
}

void Recurrence::emit(size_t which, int64_t time, int64_t sample, const std::vector<double>& hidden) {
  std::copy(hidden.begin(), hidden.end(), outputs.begin() + ((time * shape.directions + static_cast<int64_t>(which)) * shape.batch + sample) * shape.hidden);
}

void Recurrence::finish(size_t state, size_t which, int64_t sample, const std::vector<double>& values) {
  std::copy(values.begin(), values.end(), final_states[state].begin() + (static_cast<int64_t>(which) * shape.batch + sample) * shape.hidden);
}

void Recurrence::store(EvalContext& context) const {
  const auto write = [&](size_t index, const std::vector<double>& values, Dims dims) {
    Tensor& out = context.allocate(index, dtype, std::move(dims));
    for (size_t i = 0; i < values.size(); ++i) out.set_number(static_cast<int64_t>(i), values[i]);
  };
  if (context.output_count() > 0) {
    if (batch_first) {
      const std::vector<double> by_sample = swapped(outputs, shape.steps * shape.directions, shape.batch, shape.hidden);
      write(0, by_sample, {shape.batch, shape.steps, shape.directions, shape.hidden});
    } else {
      write(0, outputs, {shape.steps, shape.directions, shape.batch, shape.hidden});
    }
  }
  for (size_t state = 0; state < final_states.size() and state + 1 < context.output_count(); ++state) {
    if (batch_first) write(state + 1, swapped(final_states[state], shape.directions, shape.batch, shape.hidden), {shape.batch, shape.directions, shape.hidden});
    else write(state + 1, final_states[state], {shape.directions, shape.batch, shape.hidden});
  }
}

}  // namespace burnish::ops
