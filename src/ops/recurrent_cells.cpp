// Shared parts of recurrent reference evaluation: see the header.
#include "ops/recurrent_cells.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

struct NamedActivation {
  std::string_view name;
  double (*compute)(double x, double a, double b);
  bool takes_alpha = false;
  bool takes_beta = false;
  double alpha = 0;
  double beta = 0;
};

constexpr NamedActivation activations[] = {
    {"Tanh", [](double x, double, double) { return std::tanh(x); }},
    {"Sigmoid", [](double x, double, double) { return 1 / (1 + std::exp(-x)); }},
    {"Relu", [](double x, double, double) { return x < 0 ? 0 : x; }},
    {"Softsign", [](double x, double, double) { return x / (1 + std::fabs(x)); }},
    {"Softplus", [](double x, double, double) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }},
    {"Affine", [](double x, double a, double b) { return a * x + b; }, true, true, 1, 0},
    {"LeakyRelu", [](double x, double a, double) { return x < 0 ? a * x : x; }, true, false, 0.01, 0},
    {"ThresholdedRelu", [](double x, double a, double) { return x > a ? x : 0; }, true, false, 1, 0},
    {"ScaledTanh", [](double x, double a, double b) { return a * std::tanh(b * x); }, true, true, 1, 1},
    {"HardSigmoid", [](double x, double a, double b) { return std::min(std::max(a * x + b, 0.0), 1.0); }, true, true, 0.2, 0.5},
    {"Elu", [](double x, double a, double) { return x < 0 ? a * std::expm1(x) : x; }, true, false, 1, 0},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return result;
}

const NamedActivation& activation_named(std::string_view name) {
  for (const NamedActivation& one : activations)
    if (lower(one.name) == lower(name)) return one;
  fail("unknown activation `{}`", name);
}

void expect_shape(const Shape& shape, const Shape& wanted, std::string_view name) {
  const bool fits = shape.rank() == wanted.rank() and [&] {
    for (size_t i = 0; i < shape.rank(); ++i)
      if (shape[i].is_constant() and wanted[i].is_constant() and shape[i] != wanted[i]) return false;
    return true;
  }
  ();
  if (not fits) fail("{} has shape {}, expected {}", name, shape.text(), wanted.text());
}

/// Everything a recurrent operator says about its shapes, over inputs that `shape(i)` gives (nullopt where omitted).
void check_shapes(const std::function<std::optional<Shape>(size_t)>& shape, int64_t hidden, Direction direction, bool batch_first,
                  int64_t gates, size_t states) {
  constexpr int64_t largest = int64_t{1} << 28;
  if (hidden < 1 or hidden > largest) fail("hidden_size is {}; it must be 1 or more", hidden);
  const Shape x = *shape(0);
  if (x.rank() != 3) fail("X has shape {}; it must have rank 3", x.text());
  const Dim directions = direction_count(direction);
  const Dim batch = x[batch_first ? 0 : 1];
  expect_shape(*shape(1), {directions, gates * hidden, x[2]}, "W");
  expect_shape(*shape(2), {directions, gates * hidden, hidden}, "R");
  if (const auto bias = shape(3)) expect_shape(*bias, {directions, 2 * gates * hidden}, "B");
  if (const auto lengths = shape(4)) expect_shape(*lengths, {batch}, "sequence_lens");
  for (size_t i = 0; i < states; ++i)
    if (const auto state = shape(5 + i))
      expect_shape(*state, batch_first ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden}, "an initial state");
}

}  // namespace

std::vector<Activation> recurrent_activations(const std::vector<std::string>& names, const std::vector<double>& alphas,
                                              const std::vector<double>& betas, Direction direction,
                                              std::span<const std::string_view> defaults) {
  const size_t wanted = defaults.size() * static_cast<size_t>(direction_count(direction));
  if (not names.empty() and names.size() != wanted) fail("there are {} activations, expected {}", names.size(), wanted);
  std::vector<Activation> result;
  size_t alpha = 0;
  size_t beta = 0;
  for (size_t i = 0; i < wanted; ++i) {
    const NamedActivation& one = activation_named(names.empty() ? defaults[i % defaults.size()] : std::string_view(names[i]));
    const double a = one.takes_alpha and alpha < alphas.size() ? alphas[alpha++] : one.alpha;
    const double b = one.takes_beta and beta < betas.size() ? betas[beta++] : one.beta;
    result.emplace_back([compute = one.compute, a, b](double x) { return compute(x, a, b); });
  }
  return result;
}

Direction import_direction(const ImportContext& context) {
  const std::string name = context.string_or("direction", "forward");
  for (size_t i = 0; i < EnumNames<Direction>::names.size(); ++i)
    if (EnumNames<Direction>::names[i] == lower(name)) return static_cast<Direction>(i);
  fail("direction is `{}`; it must be forward, reverse or bidirectional", name);
}

void infer_recurrent(InferContext& context, int64_t hidden, Direction direction, bool batch_first, int64_t gates, size_t states) {
  context.expect_inputs(3, 8);
  for (const size_t i : {0, 1, 2, 3, 5, 6, 7}) {
    if (not context.has_input(i)) continue;
    if (not is_floating(context.dtype(i))) fail("input {} is {}; it must be a floating type", i, name_of(context.dtype(i)));
    context.expect_same_dtype(0, i);
  }
  if (context.has_input(4)) expect_index_type(context, 4, "sequence_lens");
  check_shapes([&](size_t i) { return context.has_input(i) ? std::optional(context.shape(i)) : std::nullopt; }, hidden, direction,
               batch_first, gates, states);
  const Shape& x = context.shape(0);
  const Dim directions = direction_count(direction);
  const Shape y = batch_first ? Shape{x[0], x[1], directions, hidden} : Shape{x[0], directions, x[1], hidden};
  const Shape state = batch_first ? Shape{x[0], directions, hidden} : Shape{directions, x[1], hidden};
  for (size_t i = 0; i < context.output_count(); ++i) context.output(i, context.dtype(0), i == 0 ? y : state);
}

RecurrentExtents recurrent_extents(const EvalContext& context, int64_t hidden, Direction direction, bool batch_first, int64_t gates,
                                   size_t states) {
  check_shapes([&](size_t i) { return context.has_input(i) ? std::optional(Shape(context.input(i).dims())) : std::nullopt; }, hidden,
               direction, batch_first, gates, states);
  const Tensor& x = context.input(0);
  return {.steps = x.dim(batch_first ? 1 : 0),
          .batch = x.dim(batch_first ? 0 : 1),
          .input = x.dim(2),
          .hidden = hidden,
          .directions = direction_count(direction),
          .batch_first = batch_first};
}

RecurrentWeights::RecurrentWeights(const EvalContext& context, const RecurrentExtents& sizes, int64_t gate_count)
    : extents(sizes), gates(gate_count), x(context.input(0)), w(context.input(1)), r(context.input(2)) {
  bias.assign(static_cast<size_t>(extents.directions * 2 * gates * extents.hidden), 0.0F);
  if (not context.has_input(3)) return;
  const Numbers<float> given(context.input(3));
  std::copy_n(given.data(), given.size(), bias.begin());
}

void RecurrentWeights::project_input(int64_t direction, const float* row, double* out) const {
  const int64_t rows = gates * extents.hidden;
  const float* weight = w.data() + direction * rows * extents.input;
  const float* offset = bias.data() + direction * 2 * rows;
  for (int64_t i = 0; i < rows; ++i, weight += extents.input) {
    double sum = offset[i];
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < extents.input; ++j) sum += static_cast<double>(weight[j]) * static_cast<double>(row[j]);
    out[i] = sum;
  }
}

void RecurrentWeights::project_state(int64_t direction, int64_t gate, const double* h, double* out) const {
  const float* weight = r.data() + (direction * gates + gate) * extents.hidden * extents.hidden;
  for (int64_t i = 0; i < extents.hidden; ++i, weight += extents.hidden) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < extents.hidden; ++j) sum += static_cast<double>(weight[j]) * h[j];
    out[i] = sum;
  }
}

double RecurrentWeights::recurrent_bias(int64_t direction, int64_t gate, int64_t unit) const {
  return bias[static_cast<size_t>(((direction * 2 + 1) * gates + gate) * extents.hidden + unit)];
}

std::vector<double> initial_state(const EvalContext& context, size_t index, const RecurrentExtents& extents) {
  std::vector<double> state(static_cast<size_t>(extents.directions * extents.batch * extents.hidden), 0.0);
  if (context.has_input(index))
    for (size_t i = 0; i < state.size(); ++i) state[i] = context.input(index).number(static_cast<int64_t>(i));
  return state;
}

void run_sequences(const EvalContext& context, const RecurrentExtents& extents, Direction direction,
                   const std::function<void(int64_t, int64_t, int64_t)>& cell) {
  std::vector<int64_t> lengths(static_cast<size_t>(extents.batch), extents.steps);
  if (context.has_input(4)) lengths = context.input(4).integers();
  for (const int64_t length : lengths)
    if (length < 0 or length > extents.steps) fail("sequence_lens holds {}, but there are {} steps", length, extents.steps);
  parallel_for(extents.directions * extents.batch, grain_for(extents.steps * extents.hidden * (extents.hidden + extents.input)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t side = i / extents.batch;
                   const int64_t item = i % extents.batch;
                   const bool backwards = direction == Direction::reverse or side == 1;
                   const int64_t length = lengths[static_cast<size_t>(item)];
                   for (int64_t step = 0; step < length; ++step) cell(side, item, backwards ? length - 1 - step : step);
                 }
               });
}

void store_state(EvalContext& context, size_t index, DType dtype, const Dims& dims, const std::vector<double>& values) {
  if (index >= context.output_count()) return;
  Tensor& out = context.allocate(index, dtype, dims);
  for (int64_t i = 0; i < out.size(); ++i) out.set_number(i, values[static_cast<size_t>(i)]);
}

Dims sequence_dims(const RecurrentExtents& extents) {
  if (extents.batch_first) return {extents.batch, extents.steps, extents.directions, extents.hidden};
  return {extents.steps, extents.directions, extents.batch, extents.hidden};
}

Dims state_dims(const RecurrentExtents& extents) {
  if (extents.batch_first) return {extents.batch, extents.directions, extents.hidden};
  return {extents.directions, extents.batch, extents.hidden};
}

}  // namespace burnish::ops
