// LSTM and GRU: directions, initial states, missing biases, one step, both layouts, sequence lengths.
#include "ops/recurrent.h"

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
  ops::Lstm clipped;
  clipped.hidden = 4;
  clipped.clip = 0.5;
  cases.add(clipped, {input(f32, {4, 2, 3}), weights(f32, {1, 16, 3}), weights(f32, {1, 16, 4})}).with_outputs(3).sums(28);
}

}  // namespace burnish::suite
