// Sizes, refusals, variants and packed weights of our recurrent layers.
#include "backends/cpu/kernels/recurrent/recurrent.h"

#include <algorithm>
#include <array>

#include "backends/cpu/machine.h"
#include "base/error.h"

namespace burnish::cpu {

using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;
using In = RecurrentInput;

bool has_input(const OpRequest& request, size_t index) { return index < request.inputs.size() and request.inputs[index].present; }

Verdict supports_recurrent(const OpRequest& request, const RecurrentOp& op) {
  if (request.inputs[In::x].type.dtype != DType::f32) return Verdict::no("not of f32");
  if (request.has_epilogue()) return Verdict::no("takes no epilogue");
  if (op.clip != 0) return Verdict::no("does not clip");
  for (size_t i = 0; i < op.activations.size(); ++i)
    if (op.activations[i] != op.usual_activations[i % op.usual_activations.size()])
      return Verdict::no("has the usual activations only, not " + op.activations[i]);
  if (element_count(request.dims(In::x)) == 0 or element_count(request.dims(In::r)) == 0) return Verdict::no("empty tensors");
  for (const size_t input : {In::w, In::r, In::b})
    if (has_input(request, input) and request.inputs[input].constant == nullptr) return Verdict::no("the weights are not constant");
  return Verdict::yes();
}

namespace {

/// Cycles of one step for some rows and groups on one core: sums or the traffic of weights, then the gates.
double step_cycles(const Recurrence& sizes, int64_t rows, int64_t groups) {
  constexpr double cycles_per_gate = 18;
  constexpr double first_level = 32e3;
  constexpr double second_level = 1.5e6;
  const auto weights = static_cast<double>(groups * sizes.lanes * sizes.gates * sizes.hidden);
  const double bytes = 4 * weights;
  const double sums = 2 * weights * static_cast<double>(rows) / (0.7 * machine().flops_per_cycle_f32);
  const double traffic = bytes / (bytes < first_level ? 100 : bytes < second_level ? 32 : 8);
  return std::max(sums, traffic) + cycles_per_gate * static_cast<double>(rows * groups * sizes.gates);
}

int64_t up(int64_t count, int64_t by) { return (count + by - 1) / by; }

/// Decides how many threads work, and how.
void divide_work(Recurrence& sizes, int64_t threads) {
  constexpr double start = 4000;
  constexpr double meeting = 2500;
  const auto steps = static_cast<double>(sizes.steps);
  const double projection = 2 * steps * static_cast<double>(sizes.batch * sizes.width * sizes.directions * sizes.gates * sizes.padded()) /
                            (0.7 * machine().flops_per_cycle_f32);
  const double alone = step_cycles(sizes, sizes.batch, sizes.groups);
  sizes.sharing = Sharing::none;
  sizes.threads = 1;
  double cycles = projection + steps * static_cast<double>(sizes.directions) * alone;
  const auto consider = [&](Sharing sharing, double step) {
    const double together = start + projection / static_cast<double>(threads) + steps * step;
    if (together >= cycles) return;
    cycles = together;
    sizes.sharing = sharing;
    sizes.threads = threads;
  };
  if (const int64_t team = threads / sizes.directions; threads > 1) {
    consider(Sharing::none, team > 0 ? alone : static_cast<double>(sizes.directions) * alone);
    if (team > 1) consider(Sharing::rows, step_cycles(sizes, up(sizes.batch, team), sizes.groups));
    if (team > 1) consider(Sharing::units, step_cycles(sizes, sizes.batch, up(sizes.groups, team)) + meeting);
  }
  sizes.seconds = cycles / machine().frequency;
}

/// As many steps as keep the projected input in the cache, but enough rows for a good product.
int64_t chunk_of(const Recurrence& sizes) {
  constexpr int64_t cached_bytes = 2 << 20;
  constexpr int64_t good_rows = 24;
  const int64_t step_bytes = sizes.directions * sizes.batch * sizes.gates * sizes.padded() * static_cast<int64_t>(sizeof(float));
  const int64_t most = std::max(cached_bytes / step_bytes, up(good_rows, sizes.batch));
  return up(sizes.steps, up(sizes.steps, most));
}

}  // namespace

Recurrence recurrence_of(const OpRequest& request, const RecurrentOp& op) {
  const Dims x = request.dims(In::x);
  Recurrence sizes;
  sizes.steps = x.at(op.batch_first ? 1 : 0);
  sizes.batch = x.at(op.batch_first ? 0 : 1);
  sizes.width = x.at(2);
  sizes.hidden = request.dims(In::r).at(2);
  sizes.directions = op.direction == ops::Direction::bidirectional ? 2 : 1;
  sizes.gates = op.gates;
  sizes.lanes = recurrent_cells().lanes;
  sizes.groups = up(sizes.hidden, sizes.lanes);
  sizes.reverse = op.direction == ops::Direction::reverse;
  sizes.batch_first = op.batch_first;
  sizes.chunk = chunk_of(sizes);
  divide_work(sizes, request.target.threads);
  return sizes;
}

RecurrentAreas areas_of(const Recurrence& sizes, bool keeps_reset) {
  RecurrentAreas areas;
  const auto take = [&](int64_t elements, int64_t element) {
    const int64_t at = areas.bytes;
    areas.bytes += up(elements * element, 64) * 64;
    return at;
  };
  const int64_t states = sizes.directions * sizes.batch * sizes.padded();
  constexpr auto number = static_cast<int64_t>(sizeof(float));
  areas.projected = take(sizes.chunk * sizes.gates * states, number);
  for (int64_t& state : areas.states) state = take(states, number);
  areas.cell = take(states, number);
  areas.kept = keeps_reset ? take(states, number) : areas.bytes;
  areas.lengths = take(sizes.batch, static_cast<int64_t>(sizeof(int64_t)));
  return areas;
}

void offer_recurrent(const OpRequest& request, const RecurrentOp& op, bool keeps_reset, tactics::VariantSink& sink) {
  const Recurrence sizes = recurrence_of(request, op);
  Variant variant;
  for (const auto& input : request.inputs) variant.inputs.push_back(tactics::plain_format(input.type));
  for (const TensorType& output : request.outputs) variant.outputs.push_back(tactics::plain_format(output));
  for (size_t i = 0; i < request.inputs.size(); ++i)
    variant.keeps_constant.push_back(request.inputs[i].present and i >= In::w and i <= In::b);
  variant.workspace = areas_of(sizes, keeps_reset).bytes;
  variant.estimate = sizes.seconds;
  // Transposes stand around recurrent layers: batch before time in front, directions joined behind. Strides take them in.
  const std::array inputs{Layout::row_major(3), Layout{{1, 0, 2}, {}}};
  const std::array outputs{Layout::row_major(4), Layout{{0, 2, 1, 3}, {}}};
  for (const Layout& input : inputs)
    for (const Layout& output : outputs) {
      if (not input.is_row_major() and request.inputs[In::x].constant != nullptr) continue;
      if (not output.is_row_major() and (op.batch_first or not request.wanted[0])) continue;
      variant.inputs[In::x].layout = input;
      variant.outputs[0].layout = output;
      sink.offer(variant);
    }
}

namespace {

/// Calls work(direction, group, lane, unit) for every hidden unit.
template <class Work>
void for_each_unit(const Recurrence& sizes, const Work& work) {
  for (int64_t direction = 0; direction < sizes.directions; ++direction)
    for (int64_t unit = 0; unit < sizes.hidden; ++unit) work(direction, unit / sizes.lanes, unit % sizes.lanes, unit);
}

Tensor panels_of(const Tensor& weights, const Recurrence& sizes, std::span<const int64_t> gates) {
  const int64_t depth = weights.dim(2);
  const auto count = static_cast<int64_t>(gates.size());
  Tensor panels(DType::f32, {sizes.directions, sizes.groups, depth, count, sizes.lanes});
  const float* from = weights.values<float>().data();
  float* to = panels.mutable_values<float>().data();
  for_each_unit(sizes, [&](int64_t direction, int64_t group, int64_t lane, int64_t unit) {
    for (int64_t g = 0; g < count; ++g) {
      const float* row = from + ((direction * sizes.gates + gates[static_cast<size_t>(g)]) * sizes.hidden + unit) * depth;
      float* column = to + (((direction * sizes.groups + group) * depth * count) + g) * sizes.lanes + lane;
      for (int64_t k = 0; k < depth; ++k) column[k * count * sizes.lanes] = row[k];
    }
  });
  return panels;
}

/// Part 0 is the input's bias, part 1 the recurrence's; zero where there is none.
float bias_at(const OpRequest& request, const Recurrence& sizes, int64_t direction, int64_t part, int64_t gate, int64_t unit) {
  if (not has_input(request, In::b)) return 0;
  return request.inputs[In::b]
      .constant->values<float>()[static_cast<size_t>(((direction * 2 + part) * sizes.gates + gate) * sizes.hidden + unit)];
}

}  // namespace

Tensor packed_panels(tactics::BuildContext& context, const OpRequest& request, size_t input, const Recurrence& sizes,
                     std::span<const int64_t> gates) {
  const auto& weights = request.inputs.at(input).constant;
  const std::string content = text_of(context.hash_of_constant(weights));
  const Hash128 key = hash_of(fmt::format("recurrent panels | {} | {} of {} gates | {} units | {} lanes | {}", content,
                                          fmt::join(gates, ","), sizes.gates, sizes.hidden, sizes.lanes, fmt::join(weights->dims(), ",")));
  Tensor panels = context.artifact(key, [&] { return panels_of(*weights, sizes, gates); });
  const int64_t expected = sizes.directions * sizes.padded() * weights->dim(2) * static_cast<int64_t>(gates.size());
  if (panels.dtype() != DType::f32 or panels.size() != expected)
    fail("packed recurrent weights hold {} elements of {} where {} of f32 are needed", panels.size(), name_of(panels.dtype()), expected);
  return panels;
}

std::vector<float> packed_input_bias(const OpRequest& request, const Recurrence& sizes, int64_t joined) {
  std::vector<float> packed(static_cast<size_t>(sizes.directions * sizes.gates * sizes.padded()), 0.0F);
  for_each_unit(sizes, [&](int64_t direction, int64_t group, int64_t lane, int64_t unit) {
    for (int64_t gate = 0; gate < sizes.gates; ++gate)
      packed[static_cast<size_t>(((direction * sizes.groups + group) * sizes.gates + gate) * sizes.lanes + lane)] =
          bias_at(request, sizes, direction, 0, gate, unit) + (gate < joined ? bias_at(request, sizes, direction, 1, gate, unit) : 0);
  });
  return packed;
}

std::vector<float> packed_state_bias(const OpRequest& request, const Recurrence& sizes, int64_t gate) {
  std::vector<float> packed(static_cast<size_t>(sizes.directions * sizes.padded()), 0.0F);
  for_each_unit(sizes, [&](int64_t direction, int64_t group, int64_t lane, int64_t unit) {
    packed[static_cast<size_t>((direction * sizes.groups + group) * sizes.lanes + lane)] =
        bias_at(request, sizes, direction, 1, gate, unit);
  });
  return packed;
}

}  // namespace burnish::cpu
