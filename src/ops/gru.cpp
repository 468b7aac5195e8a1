// GRU: see recurrent.h. Gates in ONNX's order: update, reset, hidden.
#include "base/error.h"
#include "ops/operator.h"
#include "ops/recurrence.h"

namespace burnish::ops {
namespace {

void infer(const Gru& op, InferContext& context) { infer_recurrent(context, 3, op.hidden, op.direction, op.batch_first, 1); }

/// One sample in one direction. The reset gate applies to the state before its product, or (linear_before_reset) to the product.
void run_sequence(const Gru& op, Recurrence& walk, size_t direction, int64_t sample) {
  const int64_t hidden = op.hidden;
  const auto activate = direction_activations(op.activations, op.alphas, op.betas, {"Sigmoid", "Tanh"}, direction);
  std::vector<double> state = walk.initial(0, direction, sample);
  std::vector<double> update(state.size()), reset(state.size()), kept(state.size()), next(state.size());
  for (const int64_t time : walk.times(direction, sample)) {
    const auto gate = [&](int64_t which, int64_t unit) {
      const int64_t row = which * hidden + unit;
      return walk.input_sum(direction, row, time, sample) + walk.state_sum(direction, row, state) + walk.input_bias(direction, row) + walk.state_bias(direction, row);
    };
    for (int64_t unit = 0; unit < hidden; ++unit) {
      const auto u = static_cast<size_t>(unit);
      update[u] = activate[0](clipped_gate(gate(0, unit), op.clip));
      reset[u] = activate[0](clipped_gate(gate(1, unit), op.clip));
      kept[u] = reset[u] * state[u];
    }
    for (int64_t unit = 0; unit < hidden; ++unit) {
      const auto u = static_cast<size_t>(unit);
      const int64_t row = 2 * hidden + unit;
      const double from_input = walk.input_sum(direction, row, time, sample) + walk.input_bias(direction, row);
      const double from_state = op.linear_before_reset ? reset[u] * (walk.state_sum(direction, row, state) + walk.state_bias(direction, row))
                                                       : walk.state_sum(direction, row, kept) + walk.state_bias(direction, row);
      const double candidate = activate[1](clipped_gate(from_input + from_state, op.clip));
      next[u] = (1 - update[u]) * candidate + update[u] * state[u];
    }
    state = next;
    walk.emit(direction, time, sample, state);
  }
  walk.finish(0, direction, sample, state);
}

void reference(const Gru& op, EvalContext& context) {
  Recurrence walk(context, 3, op.hidden, op.direction, op.batch_first, 1);
  for (int64_t direction = 0; direction < walk.shape.directions; ++direction)
    for (int64_t sample = 0; sample < walk.shape.batch; ++sample) run_sequence(op, walk, static_cast<size_t>(direction), sample);
  walk.store(context);
}

Gru import(const ImportContext& context) {
  return {.hidden = context.require_int("hidden_size"),
          .direction = import_direction(context),
          .activations = context.find_strings("activations").value_or(std::vector<std::string>()),
          .alphas = context.find_floats("activation_alpha").value_or(std::vector<double>()),
          .betas = context.find_floats("activation_beta").value_or(std::vector<double>()),
          .clip = context.float_or("clip", 0),
          .linear_before_reset = context.flag_or("linear_before_reset", false),
          .batch_first = context.flag_or("layout", false)};
}

}  // namespace

void register_gru(Registry& registry) {
  registry.add<Gru>({.name = "Gru", .infer = infer, .reference = reference, .onnx = {{.name = "GRU", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
