// LSTM: see recurrent.h. Gates in ONNX's order: input, output, forget, cell.
#include "base/error.h"
#include "ops/operator.h"
#include "ops/recurrence.h"

namespace burnish::ops {
namespace {

void infer(const Lstm& op, InferContext& context) { infer_recurrent(context, 4, op.hidden, op.direction, op.batch_first, 2); }

/// One sample in one direction.
void run_sequence(const Lstm& op, Recurrence& walk, const std::vector<double>& peepholes, size_t direction, int64_t sample) {
  const int64_t hidden = op.hidden;
  const auto activate = direction_activations(op.activations, op.alphas, op.betas, {"Sigmoid", "Tanh", "Tanh"}, direction);
  std::vector<double> state = walk.initial(0, direction, sample);
  std::vector<double> cell = walk.initial(1, direction, sample);
  std::vector<double> next(state.size());
  for (const int64_t time : walk.times(direction, sample)) {
    for (int64_t unit = 0; unit < hidden; ++unit) {
      const auto u = static_cast<size_t>(unit);
      const auto gate = [&](int64_t which) {
        const int64_t row = which * hidden + unit;
        return walk.input_sum(direction, row, time, sample) + walk.state_sum(direction, row, state) + walk.input_bias(direction, row) + walk.state_bias(direction, row);
      };
      const auto peep = [&](int64_t which) { return peepholes[static_cast<size_t>((static_cast<int64_t>(direction) * 3 + which) * hidden + unit)]; };
      const double input = activate[0](clipped_gate(gate(0) + peep(0) * cell[u], op.clip));
      const double forget = op.coupled_input_forget ? 1 - input : activate[0](clipped_gate(gate(2) + peep(2) * cell[u], op.clip));
      const double candidate = activate[1](clipped_gate(gate(3), op.clip));
      cell[u] = forget * cell[u] + input * candidate;
      next[u] = activate[0](clipped_gate(gate(1) + peep(1) * cell[u], op.clip)) * activate[2](cell[u]);
    }
    state = next;
    walk.emit(direction, time, sample, state);
  }
  walk.finish(0, direction, sample, state);
  walk.finish(1, direction, sample, cell);
}

void reference(const Lstm& op, EvalContext& context) {
  Recurrence walk(context, 4, op.hidden, op.direction, op.batch_first, 2);
  std::vector<double> peepholes(static_cast<size_t>(walk.shape.directions * 3 * op.hidden), 0.0);
  if (context.has_input(7))
    for (size_t i = 0; i < peepholes.size(); ++i) peepholes[i] = context.input(7).number(static_cast<int64_t>(i));
  for (int64_t direction = 0; direction < walk.shape.directions; ++direction)
    for (int64_t sample = 0; sample < walk.shape.batch; ++sample) run_sequence(op, walk, peepholes, static_cast<size_t>(direction), sample);
  walk.store(context);
}

Lstm import(const ImportContext& context) {
  return {.hidden = context.require_int("hidden_size"),
          .direction = import_direction(context),
          .activations = context.find_strings("activations").value_or(std::vector<std::string>()),
          .alphas = context.find_floats("activation_alpha").value_or(std::vector<double>()),
          .betas = context.find_floats("activation_beta").value_or(std::vector<double>()),
          .clip = context.float_or("clip", 0),
          .coupled_input_forget = context.flag_or("input_forget", false),
          .batch_first = context.flag_or("layout", false)};
}

}  // namespace

void register_lstm(Registry& registry) {
  registry.add<Lstm>({.name = "Lstm", .infer = infer, .reference = reference, .onnx = {{.name = "LSTM", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
