// LSTM, GRU and RNN on the GPU: the inputs of all steps times their weights at once, then a launch for each step, recorded with the rest of
// the network. Weights stay in f32, and so do states and sums; the recurrence's weights are read from the L2 cache.
#include "backends/cuda/kernels/recurrent.h"

#include <algorithm>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "base/error.h"
#include "ops/rnn.h"
#include "tactics/registry.h"
#include "tensor/number.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::DeviceMemory;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr size_t bias_at = 3, lengths_at = 4, h_at = 5, c_at = 6, peepholes_at = 7;
constexpr int64_t workspace_alignment = 256;

template <class Network>
Recurrence common(const Network& op, CellKind kind, std::span<const std::string_view> defaults) {
  Recurrence made{
      .kind = kind, .hidden = op.hidden, .direction = op.direction, .activations = {}, .clip = op.clip, .batch_first = op.batch_first};
  const size_t ways = op.direction == ops::Direction::bidirectional ? 2 : 1;
  made.activations = activation_code(op.activations, op.alphas, op.betas, ways * defaults.size(), defaults);
  return made;
}

Recurrence recurrence_of(const Op& op) {
  static constexpr std::string_view of_lstm[] = {"Sigmoid", "Tanh", "Tanh"}, of_gru[] = {"Sigmoid", "Tanh"}, of_rnn[] = {"Tanh"};
  if (const auto* lstm = op.as<ops::Lstm>()) {
    Recurrence made = common(*lstm, CellKind::lstm, of_lstm);
    made.coupled = lstm->coupled_input_forget;
    return made;
  }
  if (const auto* gru = op.as<ops::Gru>()) {
    Recurrence made = common(*gru, CellKind::gru, of_gru);
    made.reset_before = not gru->linear_before_reset;
    return made;
  }
  return common(*op.as<ops::Rnn>(), CellKind::rnn, of_rnn);
}

bool has(const OpRequest& request, size_t input) { return request.inputs.size() > input and request.inputs[input].present; }

struct Sizes {
  int64_t steps, batch, input, hidden, directions, gates;
  int64_t columns() const { return directions * gates * hidden; }
  int64_t state() const { return directions * batch * hidden; }
};

Sizes sizes_of(const OpRequest& request, const Recurrence& recurrence) {
  const Dims x = request.dims(0);
  return {.steps = x[recurrence.batch_first ? 1 : 0],
          .batch = x[recurrence.batch_first ? 0 : 1],
          .input = x[2],
          .hidden = recurrence.hidden,
          .directions = recurrence.direction == ops::Direction::bidirectional ? 2 : 1,
          .gates = recurrence.gates()};
}

/// Where work buffers lie in the workspace, in bytes.
struct Workspace {
  int64_t projected = 0, states[2]{}, c = 0, kept = 0, bytes = 0;

  explicit Workspace(const Sizes& sizes) {
    const auto take = [&](int64_t floats) {
      const int64_t at = bytes;
      bytes += (floats * 4 + workspace_alignment - 1) / workspace_alignment * workspace_alignment;
      return at;
    };
    projected = take(sizes.steps * sizes.batch * sizes.columns());
    for (int64_t& state : states) state = take(sizes.state());
    c = take(sizes.state());
    kept = take(sizes.state());
  }
};

/// As in recurrent.cuh.
struct Sequences {
  uint32_t steps, batch, hidden, directions;
  bool batch_first, backwards;
  const std::byte *projected, *recurrence, *peepholes, *late_bias, *lengths;
  std::byte* h[2];
  std::byte *c, *kept;
};
struct StepOutputs {
  std::byte *y, *y_h, *y_c;
};

DeviceMemory upload_floats(std::span<const float> values) {
  return upload(reinterpret_cast<const std::byte*>(values.data()), static_cast<int64_t>(values.size_bytes()));
}
DeviceMemory upload_f32(const Tensor& tensor) { return upload_floats(converted(tensor, DType::f32).values<float>()); }

class RecurrentKernel final : public tactics::Kernel {
 public:
  RecurrentKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant, Recurrence recurrence)
      : recurrence_(std::move(recurrence)),
        sizes_(sizes_of(request, recurrence_)),
        workspace_(sizes_),
        constants_(kept_states(request), variant) {
    weights_ = upload_f32(*request.inputs[1].constant);
    recurrence_weights_ = upload_f32(*request.inputs[2].constant);
    upload_biases(request);
    if (has(request, peepholes_at)) peepholes_ = upload_f32(*request.inputs[peepholes_at].constant);
    has_lengths_ = has(request, lengths_at);
    const int items = sizes_.batch >= 8 ? 8 : sizes_.batch > 2 ? 4 : static_cast<int>(sizes_.batch);
    constexpr int64_t warps = 8;
    step_grid_.blocks = {static_cast<unsigned>((sizes_.hidden + warps - 1) / warps), static_cast<unsigned>(sizes_.directions),
                         static_cast<unsigned>((sizes_.batch + items - 1) / items)};
    step_grid_.may_start_early = true;
    const DType lengths = has_lengths_ ? request.inputs[lengths_at].type.dtype : DType::i32;
    code_ = std::make_unique<Code>(context, recurrent_source(recurrence_, variant.inputs[0].storage, lengths, items));
    project_ = code_->function("project");
    begin_ = code_->function("begin");
    if (not recurrence_.reset_before) step_ = code_->function("step");
    if (recurrence_.reset_before) gates_ = code_->function("gates");
    if (recurrence_.reset_before) step_ = code_->function("candidate");
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    auto* memory = static_cast<std::byte*>(workspace);
    const auto input = [&](size_t at) { return at < in.size() ? constants_.of(at, in[at].data) : nullptr; };
    const auto output = [&](size_t at) { return at < out.size() ? out[at].data : nullptr; };
    Sequences s = sequences(memory);
    s.lengths = has_lengths_ ? input(lengths_at) : nullptr;
    if (Status status = project(input(0), memory, context.stream); not status) return status;
    const bool is_lstm = recurrence_.kind == CellKind::lstm;
    const std::byte *h = input(h_at), *c = is_lstm ? input(c_at) : nullptr;
    std::array<const void*, 3> begin{&s, &h, &c};
    Grid grid;
    grid.blocks[0] = blocks_for(sizes_.state(), grid.threads);
    grid.may_start_early = true;
    if (Status status = go(begin_, grid, begin, context.stream); not status) return status;
    const StepOutputs outputs{output(0), output(1), is_lstm ? output(2) : nullptr};
    for (uint32_t step = 0; step < static_cast<uint32_t>(sizes_.steps); ++step) {
      std::array<const void*, 2> of_gates{&s, &step};
      if (gates_ != nullptr)
        if (Status status = go(gates_, step_grid_, of_gates, context.stream); not status) return status;
      std::array<const void*, 3> of_step{&s, &outputs, &step};
      if (Status status = go(step_, step_grid_, of_step, context.stream); not status) return status;
    }
    return Status::ok();
  }

 private:
  /// Constants that are uploaded as they are: all but the weights.
  static OpRequest kept_states(const OpRequest& request) {
    OpRequest states = request;
    for (const size_t weights : {size_t{1}, size_t{2}, bias_at, peepholes_at})
      if (weights < states.inputs.size()) states.inputs[weights].constant = nullptr;
    return states;
  }

  static Status go(CUfunction function, const Grid& grid, std::span<const void*> arguments, void* stream) noexcept {
    return launch(function, grid, {const_cast<void**>(arguments.data()), arguments.size()}, stream);
  }

  /// Both biases of a gate are added to the input's product, but for the one that the reset gate multiplies.
  void upload_biases(const OpRequest& request) {
    const int64_t rows = sizes_.gates * sizes_.hidden;
    std::vector<float> early(static_cast<size_t>(sizes_.columns()), 0.0F),
        late(static_cast<size_t>(sizes_.directions * sizes_.hidden), 0.0F);
    if (has(request, bias_at)) {
      const Tensor given = converted(*request.inputs[bias_at].constant, DType::f32);
      const std::span<const float> values = given.values<float>();
      const bool after = recurrence_.kind == CellKind::gru and not recurrence_.reset_before;
      for (int64_t direction = 0; direction < sizes_.directions; ++direction)
        for (int64_t row = 0; row < rows; ++row) {
          const float of_input = values[static_cast<size_t>(direction * 2 * rows + row)];
          const float of_state = values[static_cast<size_t>((direction * 2 + 1) * rows + row)];
          const bool is_late = after and row >= 2 * sizes_.hidden;
          early[static_cast<size_t>(direction * rows + row)] = is_late ? of_input : of_input + of_state;
          if (is_late) late[static_cast<size_t>(direction * sizes_.hidden + row - 2 * sizes_.hidden)] = of_state;
        }
    }
    early_bias_ = upload_floats(early);
    late_bias_ = upload_floats(late);
  }

  Sequences sequences(std::byte* memory) const noexcept {
    const bool has_c = recurrence_.kind == CellKind::lstm or recurrence_.reset_before;
    return {.steps = static_cast<uint32_t>(sizes_.steps),
            .batch = static_cast<uint32_t>(sizes_.batch),
            .hidden = static_cast<uint32_t>(sizes_.hidden),
            .directions = static_cast<uint32_t>(sizes_.directions),
            .batch_first = recurrence_.batch_first,
            .backwards = recurrence_.direction == ops::Direction::reverse,
            .projected = memory + workspace_.projected,
            .recurrence = recurrence_weights_.data(),
            .peepholes = peepholes_.data(),
            .late_bias = late_bias_.data(),
            .lengths = nullptr,
            .h = {memory + workspace_.states[0], memory + workspace_.states[1]},
            .c = has_c ? memory + workspace_.c : nullptr,
            .kept = memory + workspace_.kept};
  }

  Status project(const std::byte* x, std::byte* memory, void* stream) const noexcept {
    constexpr int64_t side = 64;
    const auto rows = static_cast<uint32_t>(sizes_.steps * sizes_.batch), columns = static_cast<uint32_t>(sizes_.columns()),
               depth = static_cast<uint32_t>(sizes_.input);
    const std::byte *w = weights_.data(), *bias = early_bias_.data();
    std::byte* to = memory + workspace_.projected;
    Grid grid;
    grid.blocks = {static_cast<unsigned>((columns + side - 1) / side), static_cast<unsigned>((rows + side - 1) / side), 1};
    grid.may_start_early = true;
    std::array<const void*, 7> arguments{&x, &w, &bias, &to, &rows, &columns, &depth};
    return go(project_, grid, arguments, stream);
  }

  Recurrence recurrence_;
  Sizes sizes_;
  Workspace workspace_;
  DeviceConstants constants_;
  DeviceMemory weights_, recurrence_weights_, early_bias_, late_bias_, peepholes_;
  bool has_lengths_ = false;
  std::unique_ptr<Code> code_;
  CUfunction project_ = nullptr, begin_ = nullptr, gates_ = nullptr, step_ = nullptr;
  Grid step_grid_;
};

class RecurrentTactic : public tactics::Tactic {
 public:
  uint32_t revision() const override { return 1; }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Recurrence recurrence = recurrence_of(request.op);
    const Sizes sizes = sizes_of(request, recurrence);
    for (const std::optional<DType> lowered : usual_storages(request)) {
      Variant variant = plain_variant(request, lowered);
      variant.workspace = Workspace(sizes).bytes;
      variant.estimate = seconds(sizes, recurrence);
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<RecurrentKernel>(context, request, variant, recurrence_of(request.op));
  }

 protected:
  static Verdict verdict(const OpRequest& request) {
    const DType type = request.inputs[0].type.dtype;
    if (type != DType::f32 and type != DType::f16 and type != DType::bf16)
      return Verdict::no(fmt::format("elements of type {}", name_of(type)));
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    for (const size_t weights : {size_t{1}, size_t{2}, bias_at, peepholes_at})
      if (has(request, weights) and request.inputs[weights].constant == nullptr) return Verdict::no("a weight is not constant");
    const Sizes sizes = sizes_of(request, recurrence_of(request.op));
    if (sizes.steps == 0 or sizes.batch == 0 or sizes.input == 0) return Verdict::no("an empty sequence");
    constexpr int64_t rows_of_a_grid = 65535;
    if (sizes.batch > rows_of_a_grid or sizes.steps * sizes.batch / 64 > rows_of_a_grid or
        sizes.steps * sizes.batch * sizes.columns() > INT32_MAX)
      return Verdict::no("too many sequences");
    return Verdict::yes();
  }

 private:
  static double seconds(const Sizes& sizes, const Recurrence& recurrence) {
    constexpr double step = 2.5e-6, cores = 128, share = 0.3;
    const double rate = share * 2 * cores * std::max(1, gpu().facts().processors) * std::max(1e9, gpu().facts().clock);
    const double columns = static_cast<double>(sizes.columns()), rows = static_cast<double>(sizes.steps * sizes.batch);
    return 5e-6 + 2 * rows * columns * static_cast<double>(sizes.input + sizes.hidden) / rate +
           static_cast<double>(sizes.steps) * step * (recurrence.reset_before ? 2 : 1);
  }
};

class CudaLstm final : public RecurrentTactic {
 public:
  std::string_view id() const override { return "cuda.lstm"; }
  Verdict supports(const OpRequest& request) const override {
    return request.op.is<ops::Lstm>() ? verdict(request) : Verdict::no("not an LSTM");
  }
};

class CudaGru final : public RecurrentTactic {
 public:
  std::string_view id() const override { return "cuda.gru"; }
  Verdict supports(const OpRequest& request) const override {
    return request.op.is<ops::Gru>() ? verdict(request) : Verdict::no("not a GRU");
  }
};

class CudaRnn final : public RecurrentTactic {
 public:
  std::string_view id() const override { return "cuda.rnn"; }
  Verdict supports(const OpRequest& request) const override {
    return request.op.is<ops::Rnn>() ? verdict(request) : Verdict::no("not an RNN");
  }
};

}  // namespace

void register_recurrent(tactics::Registry& registry) {
  registry.add(std::make_unique<CudaLstm>());
  registry.add(std::make_unique<CudaGru>());
  registry.add(std::make_unique<CudaRnn>());
}

}  // namespace burnish::cuda
