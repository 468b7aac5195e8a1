// RNN: see the header.
#include "ops/rnn.h"

#include "ops/operator.h"
#include "ops/recurrent_cells.h"

namespace burnish::ops {
namespace {

constexpr std::string_view default_activations[] = {"Tanh"};

void infer(const Rnn& op, InferContext& context) {
  recurrent_activations(op.activations, op.alphas, op.betas, op.direction, default_activations);
  infer_recurrent(context, op.hidden, op.direction, op.batch_first, 1, 1);
}

void reference(const Rnn& op, EvalContext& context) {
  const RecurrentExtents extents = recurrent_extents(context, op.hidden, op.direction, op.batch_first, 1, 1);
  const RecurrentWeights weights(context, extents, 1);
  const std::vector<Activation> functions = recurrent_activations(op.activations, op.alphas, op.betas, op.direction, default_activations);
  std::vector<double> h = initial_state(context, 5, extents);
  const Dims dims = sequence_dims(extents);
  std::vector<double> y(static_cast<size_t>(element_count(dims)), 0.0);
  run_sequences(context, extents, op.direction, [&](int64_t direction, int64_t item, int64_t step) {
    std::vector<double> sums(static_cast<size_t>(op.hidden));
    std::vector<double> state(static_cast<size_t>(op.hidden));
    double* last = h.data() + extents.state_row(direction, item);
    weights.project_input(direction, weights.x.data() + extents.input_row(step, item), sums.data());
    weights.project_state(direction, 0, last, state.data());
    for (int64_t i = 0; i < op.hidden; ++i) {
      const auto at = static_cast<size_t>(i);
      const double sum = sums[at] + state[at] + weights.recurrent_bias(direction, 0, i);
      last[i] = functions[static_cast<size_t>(direction)](clipped(sum, op.clip));
    }
    std::copy_n(last, op.hidden, y.data() + extents.output_row(step, direction, item));
  });
  const DType dtype = context.input(0).dtype();
  store_state(context, 0, dtype, dims, y);
  store_state(context, 1, dtype, state_dims(extents), h);
}

Rnn import(const ImportContext& context) {
  return {.hidden = context.require_int("hidden_size"),
          .direction = import_direction(context),
          .activations = context.find_strings("activations").value_or(std::vector<std::string>{}),
          .alphas = context.find_floats("activation_alpha").value_or(std::vector<double>{}),
          .betas = context.find_floats("activation_beta").value_or(std::vector<double>{}),
          .clip = context.float_or("clip", 0),
          .batch_first = context.flag_or("layout", false)};
}

}  // namespace

void register_rnn(Registry& registry) {
  registry.add<Rnn>({.name = "RNN", .infer = infer, .reference = reference, .onnx = {{.name = "RNN", .since = 1, .import = import}}});
}

}  // namespace burnish::ops
