// LSTM and GRU: directions, initial states, missing biases, one step, both layouts, sequence lengths, sizes around those of vectors.
#include "ops/recurrent.h"

#include <algorithm>
#include <cmath>

#include "ops/rnn.h"
#include "suite/suite.h"

namespace burnish::suite {
namespace {

template <class Network>
void add_network(Cases& cases, int64_t gates, bool has_cell) {
  using enum ops::Direction;
  constexpr int64_t batch = 3;
  constexpr int64_t width = 5;
  const size_t outputs = has_cell ? 3 : 2;
  for (const auto direction : {forward, reverse, bidirectional})
    for (const int64_t hidden : {4, 17})
      for (const int64_t steps : {1, 6}) {
        const int64_t ways = direction == bidirectional ? 2 : 1;
        Network op;
        op.hidden = hidden;
        op.direction = direction;
        const Input data = input(f32, {steps, batch, width}).between(-1, 1);
        const Input weight = weights(f32, {ways, gates * hidden, width}).between(-0.5, 0.5);
        const Input recurrence = weights(f32, {ways, gates * hidden, hidden}).between(-0.5, 0.5);
        const Input bias = weights(f32, {ways, 2 * gates * hidden});
        const Input state = input(f32, {ways, batch, hidden}).between(-1, 1);
        const int64_t terms = steps * (width + hidden);
        cases.add(op, {data, weight, recurrence}).with_outputs(outputs).sums(terms);
        cases.add(op, {data, weight, recurrence, bias, omitted(), state}).with_outputs(outputs).sums(terms);
        if (steps == 1) continue;
        cases.add(op, {data, weight, recurrence, bias, constant<int32_t>({batch}, {6, 2, 4})})
            .with_outputs(outputs)
            .named("lengths")
            .sums(terms);
      }
}

struct Sizes {
  int64_t steps, batch, width, hidden;
};

/// With biases, states and lengths that are known only while running, then with nothing but weights.
template <class Network>
void add_sizes(Cases& cases, Network op, int64_t gates, bool has_cell, const Sizes& sizes) {
  const auto& [steps, batch, width, hidden] = sizes;
  const int64_t ways = op.direction == ops::Direction::bidirectional ? 2 : 1;
  const size_t outputs = has_cell ? 3 : 2;
  op.hidden = hidden;
  // Sums stay within a few units, so that gates are neither open nor closed.
  const double bound = std::max(0.125, 1 / std::sqrt(static_cast<double>(width + hidden)));
  const Input data = input(f32, op.batch_first ? Shape{batch, steps, width} : Shape{steps, batch, width}).between(-1, 1);
  const Input weight = weights(f32, {ways, gates * hidden, width}).between(-bound, bound);
  const Input recurrence = weights(f32, {ways, gates * hidden, hidden}).between(-bound, bound);
  const Input bias = weights(f32, {ways, 2 * gates * hidden}).between(-1, 1);
  const Input state = input(f32, op.batch_first ? Shape{batch, ways, hidden} : Shape{ways, batch, hidden}).between(-1, 1);
  const Input lengths = input(i32, {batch}).between(0, static_cast<double>(steps));
  std::vector<Input> all{data, weight, recurrence, bias, lengths, state};
  if (has_cell) all.push_back(state);
  const int64_t terms = steps * (width + hidden);
  cases.add(op, std::move(all)).with_outputs(outputs).sums(terms);
  cases.add(op, {data, weight, recurrence}).with_outputs(outputs).sums(terms);
}

/// Batches around the rows of a tile, units around the lanes of a vector, work that one thread does and that two share either way.
template <class Network>
void add_network_sizes(Cases& cases, const Network& op, int64_t gates, bool has_cell) {
  using enum ops::Direction;
  Network made = op;
  for (const auto direction : {forward, reverse, bidirectional}) {
    made.direction = direction;
    for (const bool batch_first : {false, true}) {
      made.batch_first = batch_first;
      add_sizes(cases, made, gates, has_cell, {.steps = 37, .batch = 1, .width = 3, .hidden = 16});
      add_sizes(cases, made, gates, has_cell, {.steps = 1, .batch = 2, .width = 9, .hidden = 33});
      add_sizes(cases, made, gates, has_cell, {.steps = 7, .batch = 5, .width = 1, .hidden = 1});
    }
    made.batch_first = false;
    add_sizes(cases, made, gates, has_cell, {.steps = 9, .batch = 2, .width = 40, .hidden = 150});
    add_sizes(cases, made, gates, has_cell, {.steps = 9, .batch = 29, .width = 8, .hidden = 20});
  }
}

}  // namespace

BURNISH_CASES(recurrent) {
  add_network<ops::Lstm>(cases, 4, true);
  add_network<ops::Gru>(cases, 3, false);
  ops::Gru reset;
  reset.hidden = 6;
  reset.linear_before_reset = true;
  cases.add(reset, {input(f32, {4, 2, 3}), weights(f32, {1, 18, 3}), weights(f32, {1, 18, 6}), weights(f32, {1, 36})})
      .with_outputs(2)
      .sums(40);
  add_network_sizes(cases, ops::Lstm(), 4, true);
  add_network_sizes(cases, ops::Gru(), 3, false);
  add_network_sizes(cases, reset, 3, false);
  ops::Rnn plain;
  plain.hidden = 33;
  plain.direction = ops::Direction::bidirectional;
  plain.activations = {"Relu", "ScaledTanh"};
  plain.alphas = {0.5};
  plain.betas = {0.75};
  cases
      .add(plain, {input(f32, {5, 3, 4}).between(-1, 1), weights(f32, {2, 33, 4}).between(-0.5, 0.5),
                   weights(f32, {2, 33, 33}).between(-0.25, 0.25), weights(f32, {2, 66})})
      .with_outputs(2)
      .sums(190);
  ops::Lstm peeping;
  peeping.hidden = 9;
  peeping.direction = ops::Direction::bidirectional;
  peeping.coupled_input_forget = true;
  peeping.batch_first = true;
  cases
      .add(peeping, {input(f32, {11, 3, 70}).between(-0.5, 0.5), weights(f32, {2, 36, 70}).between(-0.25, 0.25),
                     weights(f32, {2, 36, 9}).between(-0.5, 0.5), weights(f32, {2, 72}), omitted(), input(f32, {11, 2, 9}),
                     input(f32, {11, 2, 9}), weights(f32, {2, 27}).between(-0.5, 0.5)})
      .with_outputs(3)
      .named("peepholes, batch first")
      .sums(240);
  ops::Lstm clipped;
  clipped.hidden = 4;
  clipped.clip = 0.5;
  cases.add(clipped, {input(f32, {4, 2, 3}), weights(f32, {1, 16, 3}), weights(f32, {1, 16, 4})}).with_outputs(3).sums(28);
}

}  // namespace burnish::suite
