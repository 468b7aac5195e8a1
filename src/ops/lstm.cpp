// LSTM: see ops/recurrent.h. Gates in ONNX's order: input, output, forget, cell.
#include "base/error.h"
#include "ops/operator.h"
#include "ops/recurrent_cells.h"

namespace burnish::ops {
namespace {

constexpr int64_t gates = 4;
constexpr std::string_view default_activations[] = {"Sigmoid", "Tanh", "Tanh"};

void check_peepholes(const Shape& shape, const Lstm& op) {
  const Shape wanted{direction_count(op.direction), 3 * op.hidden};
  if (shape.rank() != 2 or (shape.is_static() and shape != wanted)) fail("P has shape {}, expected {}", shape.text(), wanted.text());
}

void infer(const Lstm& op, InferContext& context) {
  recurrent_activations(op.activations, op.alphas, op.betas, op.direction, default_activations);
  infer_recurrent(context, op.hidden, op.direction, op.batch_first, gates, 2);
  if (context.has_input(7)) check_peepholes(context.shape(7), op);
}

struct LstmCell {
  const Lstm& op;
  const RecurrentWeights& weights;
  std::vector<double> peepholes;  // [directions, 3 * hidden]: input, output, forget
  std::vector<Activation> functions;

  void run(int64_t direction, const float* x, double* h, double* c) const {
    const int64_t hidden = op.hidden;
    std::vector<double> sums(static_cast<size_t>(gates * hidden));
    std::vector<double> state(static_cast<size_t>(hidden));
    weights.project_input(direction, x, sums.data());
    for (int64_t gate = 0; gate < gates; ++gate) {
      weights.project_state(direction, gate, h, state.data());
      for (int64_t i = 0; i < hidden; ++i)
        sums[static_cast<size_t>(gate * hidden + i)] += state[static_cast<size_t>(i)] + weights.recurrent_bias(direction, gate, i);
    }
    const auto role = [&](size_t index) -> const Activation& { return functions[static_cast<size_t>(direction) * 3 + index]; };
    const auto peephole = [&](int64_t gate, int64_t i) { return peepholes[static_cast<size_t>((direction * 3 + gate) * hidden + i)]; };
    for (int64_t i = 0; i < hidden; ++i) {
      const auto sum = [&](int64_t gate) { return sums[static_cast<size_t>(gate * hidden + i)]; };
      const double in = role(0)(clipped(sum(0) + peephole(0, i) * c[i], op.clip));
      const double forget = op.coupled_input_forget ? 1 - in : role(0)(clipped(sum(2) + peephole(2, i) * c[i], op.clip));
      c[i] = forget * c[i] + in * role(1)(clipped(sum(3), op.clip));
      h[i] = role(0)(clipped(sum(1) + peephole(1, i) * c[i], op.clip)) * role(2)(c[i]);
    }
  }
};

void reference(const Lstm& op, EvalContext& context) {
  const RecurrentExtents extents = recurrent_extents(context, op.hidden, op.direction, op.batch_first, gates, 2);
  const RecurrentWeights weights(context, extents, gates);
  LstmCell cell{op, weights, std::vector<double>(static_cast<size_t>(extents.directions * 3 * op.hidden), 0.0),
                recurrent_activations(op.activations, op.alphas, op.betas, op.direction, default_activations)};
  if (context.has_input(7)) {
    check_peepholes(Shape(context.input(7).dims()), op);
    for (size_t i = 0; i < cell.peepholes.size(); ++i) cell.peepholes[i] = context.input(7).number(static_cast<int64_t>(i));
  }
  std::vector<double> h = initial_state(context, 5, extents);
  std::vector<double> c = initial_state(context, 6, extents);
  const Dims dims = sequence_dims(extents);
  std::vector<double> y(static_cast<size_t>(element_count(dims)), 0.0);
  run_sequences(context, extents, op.direction, [&](int64_t direction, int64_t item, int64_t step) {
    double* state = h.data() + extents.state_row(direction, item);
    cell.run(direction, weights.x.data() + extents.input_row(step, item), state, c.data() + extents.state_row(direction, item));
    std::copy_n(state, op.hidden, y.data() + extents.output_row(step, direction, item));
  });
  const DType dtype = context.input(0).dtype();
  store_state(context, 0, dtype, dims, y);
  store_state(context, 1, dtype, state_dims(extents), h);
  store_state(context, 2, dtype, state_dims(extents), c);
}

Lstm import(const ImportContext& context) {
  return {.hidden = context.require_int("hidden_size"),
          .direction = import_direction(context),
          .activations = context.find_strings("activations").value_or(std::vector<std::string>{}),
          .alphas = context.find_floats("activation_alpha").value_or(std::vector<double>{}),
          .betas = context.find_floats("activation_beta").value_or(std::vector<double>{}),
          .clip = context.float_or("clip", 0),
          .coupled_input_forget = context.flag_or("input_forget", false),
          .batch_first = context.flag_or("layout", false)};
}

}  // namespace

void register_lstm(Registry& registry) {
  registry.add<Lstm>({.name = "LSTM", .infer = infer, .reference = reference, .onnx = {{.name = "LSTM", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
