// Sizes, weights and formats of recurrent layers between ONNX and oneDNN.
#include "backends/cpu/onednn/recurrent.h"

#include <algorithm>
#include <array>

namespace burnish::cpu::onednn {

using dnnl::memory;
using In = RecurrentInputs;

double Recurrent::flops() const {
  return 2.0 * static_cast<double>(steps * batch * directions * hidden) * static_cast<double>(gates.size()) *
         static_cast<double>(width + hidden);
}

memory::desc Recurrent::source(DType storage) const { return plain(Dims{steps, batch, width}, storage); }
memory::desc Recurrent::sequence(DType storage) const { return plain(Dims{steps, batch, directions * hidden}, storage); }
memory::desc Recurrent::state(DType storage) const { return plain(Dims{1, directions, batch, hidden}, storage); }
memory::desc Recurrent::weights(int64_t inputs, DType storage) const {
  return any_layout(Dims{1, directions, inputs, static_cast<int64_t>(gates.size()), hidden}, storage);
}
memory::desc Recurrent::bias(int64_t gate_count) const { return plain(Dims{1, directions, gate_count, hidden}, DType::f32); }

Recurrent recurrent_of(const OpRequest& request, ops::Direction direction, std::vector<int64_t> gates) {
  const Dims x = request.dims(In::x);
  Recurrent recurrent{.steps = x[0], .batch = x[1], .width = x[2], .hidden = request.dims(In::r).at(2), .gates = std::move(gates)};
  if (direction == ops::Direction::reverse) recurrent.direction = dnnl::rnn_direction::unidirectional_right2left;
  if (direction == ops::Direction::bidirectional) {
    recurrent.direction = dnnl::rnn_direction::bidirectional_concat;
    recurrent.directions = 2;
  }
  return recurrent;
}

bool has_input(const OpRequest& request, size_t index) { return index < request.inputs.size() and request.inputs[index].present; }
bool wants_output(const OpRequest& request, size_t index) { return index < request.wanted.size() and request.wanted[index]; }

bool wants_states(const OpRequest& request) { return wants_output(request, 1) or wants_output(request, 2); }

bool has_states(const OpRequest& request, DType storage) {
  return has_input(request, In::h) or has_input(request, In::c) or wants_states(request) or storage != DType::f32;
}

void bind_initial_state(KernelBuilder& builder, const OpRequest& request, const Recurrent& recurrent, int slot, size_t input,
                        const memory::desc& wanted) {
  const memory::desc plain_state = recurrent.state(DType::f32);
  if (not has_input(request, input)) {
    const auto zeros = [&] { return Tensor(DType::f32, {recurrent.directions, recurrent.batch, recurrent.hidden}); };
    return builder.made(slot, "zeros", {}, zeros, plain_state, wanted);
  }
  builder.input(slot, input, request.inputs[input].constant != nullptr ? plain_state : wanted, wanted);
}

std::vector<DType> recurrent_storage(const OpRequest& request) {
  std::vector<DType> storage;
  for (const Precision& precision : precisions(request, request.inputs[In::x].type.dtype))
    if (precision.source == precision.destination and not precision.bf16_math) storage.push_back(precision.source);
  return storage;
}

Verdict supports_recurrent(const OpRequest& request, const std::vector<std::string>& activations, const std::vector<std::string>& usual,
                           double clip, bool batch_first) {
  if (request.inputs[In::x].type.dtype != DType::f32) return Verdict::no("not of f32");
  if (request.has_epilogue()) return Verdict::no("oneDNN has no post-ops on a recurrent layer");
  if (batch_first) return Verdict::no("the batch comes before the time");
  if (clip != 0) return Verdict::no("oneDNN does not clip");
  for (size_t i = 0; i < activations.size(); ++i)
    if (activations[i] != usual[i % usual.size()]) return Verdict::no("oneDNN has the usual activations only");
  if (request.inputs[In::x].constant != nullptr) return Verdict::no("the input is constant");
  if (element_count(request.dims(In::x)) == 0) return Verdict::no("empty tensors");
  for (const size_t input : {In::w, In::r, In::b})
    if (has_input(request, input) and request.inputs[input].constant == nullptr) return Verdict::no("the weights are not constant");
  if (has_input(request, In::lengths)) {
    const auto& lengths = request.inputs[In::lengths].constant;
    const int64_t steps = request.dims(In::x)[0];
    if (lengths == nullptr or not std::ranges::all_of(lengths->integers(), [&](int64_t length) { return length == steps; }))
      return Verdict::no("sequences may end early");
  }
  return Verdict::yes();
}

namespace {

/// Where in the workspace output `index` lies if nobody reads it: behind the scratchpad, each at a multiple of 64.
int64_t spare_offset(const dnnl::rnn_primitive_desc_base& found, size_t index) {
  const std::array sizes{found.scratchpad_desc().get_size(), found.dst_layer_desc().get_size(), found.dst_iter_desc().get_size(),
                         found.dst_iter_c_desc().get_size()};
  int64_t offset = 0;
  for (size_t i = 0; i <= index; ++i) offset += static_cast<int64_t>((sizes[i] + 63) / 64 * 64);
  return offset;
}

}  // namespace

void bind_state(KernelBuilder& builder, const OpRequest& request, int slot, size_t index, const dnnl::rnn_primitive_desc_base& found,
                const memory::desc& stored) {
  if (wants_output(request, index)) builder.output(slot, index, stored);
  else builder.scratch(slot, static_cast<size_t>(spare_offset(found, index)), stored);
}

void offer_recurrent(const OpRequest& request, const Recurrent& recurrent, DType storage, const dnnl::rnn_primitive_desc_base& found,
                     VariantSink& sink) {
  const std::string_view implementation = found.impl_info_str();
  const Precision precision{storage, storage, false};
  Variant variant = plain_variant(request);
  for (const size_t input : {In::x, In::h})
    if (has_input(request, input) and request.inputs[input].constant == nullptr) variant.inputs[input].storage = storage;
  for (size_t i = 0; i < std::min<size_t>(2, variant.outputs.size()); ++i) variant.outputs[i].storage = storage;
  variant.outputs[0].layout.order = {0, 2, 1, 3};
  variant.workspace = spare_offset(found, 3);
  // A tile has 16 rows, however few sequences there are.
  const bool tiles = implementation.find("amx") != std::string_view::npos;
  const double idle = tiles ? std::max(1.0, 16 / static_cast<double>(recurrent.batch)) : 1;
  variant.estimate = estimate(request, variant, precision, implementation, 2 * recurrent.flops() * idle);
  sink.offer(std::move(variant));
}

namespace {

/// ONNX's [directions, gates * hidden, inputs] with the gates in oneDNN's order.
Tensor reordered_gates(const Tensor& weights, const Recurrent& recurrent) {
  const int64_t gate_count = static_cast<int64_t>(recurrent.gates.size());
  const int64_t gate = recurrent.hidden * weights.dim(2);
  Tensor reordered = Tensor::uninitialized(DType::f32, weights.dims());
  for (int64_t d = 0; d < recurrent.directions; ++d)
    for (int64_t g = 0; g < gate_count; ++g) {
      const auto from = weights.values<float>().subspan(
          static_cast<size_t>((d * gate_count + recurrent.gates[static_cast<size_t>(g)]) * gate), static_cast<size_t>(gate));
      std::ranges::copy(from, reordered.mutable_values<float>().begin() + (d * gate_count + g) * gate);
    }
  return reordered;
}

/// ONNX's [directions, 2 * gates * hidden]: those of the input and of the recurrence, added.
Tensor joined_bias(const Tensor& bias, const Recurrent& recurrent, bool separate_last) {
  const int64_t gate_count = static_cast<int64_t>(recurrent.gates.size());
  const int64_t made_count = gate_count + (separate_last ? 1 : 0);
  Tensor joined(DType::f32, {recurrent.directions, made_count, recurrent.hidden});
  const auto from = [&](int64_t d, int64_t part, int64_t g, int64_t i) {
    return bias.values<float>()[static_cast<size_t>(
        ((d * 2 + part) * gate_count + recurrent.gates[static_cast<size_t>(g)]) * recurrent.hidden + i)];
  };
  const auto to = joined.mutable_values<float>();
  for (int64_t d = 0; d < recurrent.directions; ++d)
    for (int64_t g = 0; g < gate_count; ++g)
      for (int64_t i = 0; i < recurrent.hidden; ++i) {
        const auto at = static_cast<size_t>((d * made_count + g) * recurrent.hidden + i);
        const bool apart = separate_last and g + 1 == gate_count;
        to[at] = from(d, 0, g, i) + (apart ? 0 : from(d, 1, g, i));
        if (apart) to[at + static_cast<size_t>(recurrent.hidden)] = from(d, 1, g, i);
      }
  return joined;
}

void bind_weights(KernelBuilder& builder, const OpRequest& request, const Recurrent& recurrent, int slot, size_t input,
                  const memory::desc& wanted) {
  const int64_t inputs = request.dims(input)[2];
  const int64_t gate_count = static_cast<int64_t>(recurrent.gates.size());
  const Dims dims{1, recurrent.directions, inputs, gate_count, recurrent.hidden};
  const Dims strides{recurrent.directions * gate_count * recurrent.hidden * inputs, gate_count * recurrent.hidden * inputs, 1,
                     recurrent.hidden * inputs, inputs};
  const std::array sources{input};
  builder.made(
      slot, "gates reordered", sources, [&] { return reordered_gates(*request.inputs[input].constant, recurrent); },
      strided(dims, DType::f32, strides), wanted);
}

}  // namespace

void bind_recurrent(KernelBuilder& builder, const OpRequest& request, const Recurrent& recurrent,
                    const dnnl::rnn_primitive_desc_base& found, bool separate_bias) {
  builder.input(DNNL_ARG_SRC_LAYER, In::x, found.src_layer_desc());
  bind_weights(builder, request, recurrent, DNNL_ARG_WEIGHTS_LAYER, In::w, found.weights_layer_desc());
  bind_weights(builder, request, recurrent, DNNL_ARG_WEIGHTS_ITER, In::r, found.weights_iter_desc());
  const int64_t bias_gates = static_cast<int64_t>(recurrent.gates.size()) + (separate_bias ? 1 : 0);
  const std::array sources{In::b};
  if (has_input(request, In::b))
    builder.made(
        DNNL_ARG_BIAS, separate_bias ? "bias joined but the last" : "bias joined", sources,
        [&] { return joined_bias(*request.inputs[In::b].constant, recurrent, separate_bias); }, recurrent.bias(bias_gates),
        found.bias_desc());
  else
    builder.made(
        DNNL_ARG_BIAS, "zeros", {}, [&] { return Tensor(DType::f32, {recurrent.directions, bias_gates, recurrent.hidden}); },
        recurrent.bias(bias_gates), found.bias_desc());
  if (not found.src_iter_desc().is_zero()) bind_initial_state(builder, request, recurrent, DNNL_ARG_SRC_ITER, In::h, found.src_iter_desc());
  bind_state(builder, request, DNNL_ARG_DST_LAYER, 0, found, found.dst_layer_desc());
  if (wants_states(request)) bind_state(builder, request, DNNL_ARG_DST_ITER, 1, found, found.dst_iter_desc());
}

}  // namespace burnish::cpu::onednn
