// GRU: see ops/recurrent.h. Gates in ONNX's order: update, reset, hidden.
#include "ops/operator.h"
#include "ops/recurrent_cells.h"

namespace burnish::ops {
namespace {

constexpr int64_t gates = 3;
constexpr std::string_view default_activations[] = {"Sigmoid", "Tanh"};

void infer(const Gru& op, InferContext& context) {
  recurrent_activations(op.activations, op.alphas, op.betas, op.direction, default_activations);
  infer_recurrent(context, op.hidden, op.direction, op.batch_first, gates, 1);
}

struct GruCell {
  const Gru& op;
  const RecurrentWeights& weights;
  std::vector<Activation> functions;

  void run(int64_t direction, const float* x, double* h) const {
    const int64_t hidden = op.hidden;
    const auto size = static_cast<size_t>(hidden);
    const auto activation = [&](size_t role, double value) {
      return functions[static_cast<size_t>(direction) * 2 + role](clipped(value, op.clip));
    };
    std::vector<double> sums(3 * size);
    weights.project_input(direction, x, sums.data());
    const auto gate = [&](int64_t index, std::vector<double>& out) {
      weights.project_state(direction, index, h, out.data());
      for (int64_t i = 0; i < hidden; ++i) {
        const auto at = static_cast<size_t>(i);
        out[at] = activation(0, sums[static_cast<size_t>(index * hidden + i)] + out[at] + weights.recurrent_bias(direction, index, i));
      }
    };
    std::vector<double> update(size);
    std::vector<double> reset(size);
    gate(0, update);
    gate(1, reset);
    std::vector<double> candidate(size);
    if (op.linear_before_reset) {
      weights.project_state(direction, 2, h, candidate.data());
    } else {
      std::vector<double> kept(size);
      for (size_t i = 0; i < size; ++i) kept[i] = reset[i] * h[i];
      weights.project_state(direction, 2, kept.data(), candidate.data());
    }
    for (size_t i = 0; i < size; ++i) {
      const double state = candidate[i] + weights.recurrent_bias(direction, 2, static_cast<int64_t>(i));
      const double fresh = activation(1, sums[2 * size + i] + (op.linear_before_reset ? reset[i] * state : state));
      h[i] = (1 - update[i]) * fresh + update[i] * h[i];
    }
  }
};

void reference(const Gru& op, EvalContext& context) {
  const RecurrentExtents extents = recurrent_extents(context, op.hidden, op.direction, op.batch_first, gates, 1);
  const RecurrentWeights weights(context, extents, gates);
  const GruCell cell{op, weights, recurrent_activations(op.activations, op.alphas, op.betas, op.direction, default_activations)};
  std::vector<double> h = initial_state(context, 5, extents);
  const Dims dims = sequence_dims(extents);
  std::vector<double> y(static_cast<size_t>(element_count(dims)), 0.0);
  run_sequences(context, extents, op.direction, [&](int64_t direction, int64_t item, int64_t step) {
    double* state = h.data() + extents.state_row(direction, item);
    cell.run(direction, weights.x.data() + extents.input_row(step, item), state);
    std::copy_n(state, op.hidden, y.data() + extents.output_row(step, direction, item));
  });
  const DType dtype = context.input(0).dtype();
  store_state(context, 0, dtype, dims, y);
  store_state(context, 1, dtype, state_dims(extents), h);
}

Gru import(const ImportContext& context) {
  return {.hidden = context.require_int("hidden_size"),
          .direction = import_direction(context),
          .activations = context.find_strings("activations").value_or(std::vector<std::string>{}),
          .alphas = context.find_floats("activation_alpha").value_or(std::vector<double>{}),
          .betas = context.find_floats("activation_beta").value_or(std::vector<double>{}),
          .clip = context.float_or("clip", 0),
          .linear_before_reset = context.flag_or("linear_before_reset", false),
          .batch_first = context.flag_or("layout", false)};
}

}  // namespace

void register_gru(Registry& registry) {
  registry.add<Gru>({.name = "GRU", .infer = infer, .reference = reference, .onnx = {{.name = "GRU", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
