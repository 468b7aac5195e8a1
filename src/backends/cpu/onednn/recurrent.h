// What the LSTM and GRU tactics share: sizes, refusals, weights in oneDNN's order of gates, and the formats around the primitive.
// ONNX lists directions outermost, oneDNN joins them behind the batch, so the sequence comes out in the layout time, batch, direction, hidden.
#pragma once

#include "backends/cpu/onednn/onednn.h"
#include "ops/recurrent.h"

namespace burnish::cpu::onednn {

/// Input positions that LSTM and GRU have in common.
struct RecurrentInputs {
  static constexpr size_t x = 0, w = 1, r = 2, b = 3, lengths = 4, h = 5, c = 6, p = 7;
};

struct Recurrent {
  int64_t steps = 0, batch = 0, width = 0, hidden = 0, directions = 1;
  std::vector<int64_t> gates;  // ONNX's gate at each of oneDNN's positions
  dnnl::rnn_direction direction = dnnl::rnn_direction::unidirectional_left2right;

  double flops() const;
  // As oneDNN orders them: time, batch, channels for sequences; layer, direction, batch, channels for states.
  dnnl::memory::desc source(DType storage) const;
  dnnl::memory::desc sequence(DType storage) const;
  dnnl::memory::desc state(DType storage) const;
  /// Layer, direction, input, gate, hidden: in the layout oneDNN likes best.
  dnnl::memory::desc weights(int64_t inputs, DType storage) const;
  dnnl::memory::desc bias(int64_t gate_count) const;
};

Recurrent recurrent_of(const OpRequest& request, ops::Direction direction, std::vector<int64_t> gates);

/// Whether the request has this optional input.
bool has_input(const OpRequest& request, size_t index);
bool wants_output(const OpRequest& request, size_t index);
/// Any of the final states: oneDNN gives all of them or none.
bool wants_states(const OpRequest& request);
/// Whether oneDNN is told of states at all: it takes no final ones without initial ones, so those that are not given are zeros. In bf16
/// it always is: its code for tiles faults on many sizes where there are no initial states.
bool has_states(const OpRequest& request, DType storage);
void bind_initial_state(KernelBuilder& builder, const OpRequest& request, const Recurrent& recurrent, int slot, size_t input,
                        const dnnl::memory::desc& wanted);
/// Storage types to try for everything but the cell state.
std::vector<DType> recurrent_storage(const OpRequest& request);

/// What both refuse. `usual` are ONNX's activations of one direction where none are given.
Verdict supports_recurrent(const OpRequest& request, const std::vector<std::string>& activations, const std::vector<std::string>& usual,
                           double clip, bool batch_first);

/// Offers the primitive for one storage type of everything but the cell state, which stays f32.
void offer_recurrent(const OpRequest& request, const Recurrent& recurrent, DType storage, const dnnl::rnn_primitive_desc_base& found,
                     VariantSink& sink);

/// A final state as output `index`, or, where nobody reads it, in the workspace behind the scratchpad.
void bind_state(KernelBuilder& builder, const OpRequest& request, int slot, size_t index, const dnnl::rnn_primitive_desc_base& found,
                const dnnl::memory::desc& stored);

/// Binds everything but the cell state. `separate_bias`: the recurrent bias of the last gate stands apart (GRU with linear_before_reset).
void bind_recurrent(KernelBuilder& builder, const OpRequest& request, const Recurrent& recurrent,
                    const dnnl::rnn_primitive_desc_base& found, bool separate_bias);

}  // namespace burnish::cpu::onednn
