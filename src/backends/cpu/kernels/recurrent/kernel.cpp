// The kernel of LSTM and GRU: for a chunk of steps the input's products, then step after step, on a team of threads.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "backends/cpu/kernels/indices.h"
#include "backends/cpu/kernels/recurrent/recurrent.h"
#include "base/parallel.h"
#include "base/team.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using In = RecurrentInput;

/// Addresses of one run.
struct Places {
  const float* x = nullptr;
  float* y = nullptr;
  float* projected = nullptr;
  std::array<float*, 2> states{};
  float* cell = nullptr;
  float* kept = nullptr;
  int64_t* lengths = nullptr;
};

/// What one member of the team does in every step.
struct Share {
  int64_t first_direction = 0, last_direction = 0;
  CellPart part;
};

std::pair<int64_t, int64_t> slice(int64_t count, int64_t part, int64_t parts) { return {count * part / parts, count * (part + 1) / parts}; }

class RecurrentKernel final : public tactics::Kernel {
 public:
  RecurrentKernel(const OpRequest& request, const Variant& variant, const Recurrence& sizes, RecurrentProgram program)
      : sizes_(sizes),
        areas_(areas_of(sizes, program.phases.size() > 1)),
        program_(std::move(program)),
        given_lengths_(has_input(request, In::lengths) ? request.inputs[In::lengths].type.dtype : DType::i32) {
    const Dims x = variant.inputs[In::x].layout.strides(request.dims(In::x));
    const Dims y = variant.outputs[0].layout.strides(request.output_dims());
    x_time_ = x[sizes_.batch_first ? 1 : 0];
    x_item_ = x[sizes_.batch_first ? 0 : 1];
    y_time_ = y[sizes_.batch_first ? 1 : 0];
    y_item_ = y[sizes_.batch_first ? 0 : 2];
    y_direction_ = y[sizes_.batch_first ? 2 : 1];
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    auto* const base = static_cast<std::byte*>(workspace);
    const auto floats = [&](int64_t offset) { return reinterpret_cast<float*>(base + offset); };
    const Places places{.x = reinterpret_cast<const float*>(in[In::x].data),
                        .y = reinterpret_cast<float*>(out[0].data),
                        .projected = floats(areas_.projected),
                        .states = {floats(areas_.states[0]), floats(areas_.states[1])},
                        .cell = floats(areas_.cell),
                        .kept = floats(areas_.kept),
                        .lengths = reinterpret_cast<int64_t*>(base + areas_.lengths)};
    if (const int64_t wrong = read_lengths(input(in, In::lengths), places.lengths); wrong >= 0) return length_fault(places, wrong);
    read_state(input(in, In::h), places.states[0]);
    if (program_.has_cell) read_state(input(in, In::c), places.cell);
    run_as_team(static_cast<int>(std::min<int64_t>(sizes_.threads, thread_count())),
                [&](const TeamMember& member) { walk(places, member); });
    write_state(places.states[static_cast<size_t>(sizes_.steps % 2)], output(out, 1));
    if (program_.has_cell) write_state(places.cell, output(out, 2));
    return Status::ok();
  }

 private:
  static const std::byte* input(std::span<const BufferRef> in, size_t index) { return index < in.size() ? in[index].data : nullptr; }
  static std::byte* output(std::span<const BufferRef> out, size_t index) { return index < out.size() ? out[index].data : nullptr; }

  /// Returns the sequence whose length cannot be, or -1.
  int64_t read_lengths(const std::byte* from, int64_t* lengths) const {
    for (int64_t item = 0; item < sizes_.batch; ++item) {
      lengths[item] = from == nullptr ? sizes_.steps : given_lengths_.read(from, item);
      if (lengths[item] < 0 or lengths[item] > sizes_.steps) return item;
    }
    return -1;
  }

  Status length_fault(const Places& places, int64_t item) const {
    return {StatusCode::out_of_range,
            "sequence_lens holds " + std::to_string(places.lengths[item]) + ", but there are " + std::to_string(sizes_.steps) + " steps"};
  }

  /// Calls work(row among the kernel's padded states, row of the tensor) for each direction and sequence.
  template <class Work>
  void for_each_state(const Work& work) const {
    for (int64_t direction = 0; direction < sizes_.directions; ++direction)
      for (int64_t item = 0; item < sizes_.batch; ++item)
        work((direction * sizes_.batch + item) * sizes_.padded(),
             (sizes_.batch_first ? item * sizes_.directions + direction : direction * sizes_.batch + item) * sizes_.hidden);
  }

  void read_state(const std::byte* from, float* states) const {
    const auto hidden = static_cast<size_t>(sizes_.hidden);
    const auto* rows = reinterpret_cast<const float*>(from);
    for_each_state([&](int64_t state, int64_t row) {
      std::fill_n(states + state, sizes_.padded(), 0.0F);
      if (rows != nullptr) std::memcpy(states + state, rows + row, hidden * sizeof(float));
    });
  }

  void write_state(const float* states, std::byte* to) const {
    if (to == nullptr) return;
    auto* rows = reinterpret_cast<float*>(to);
    for_each_state(
        [&](int64_t state, int64_t row) { std::memcpy(rows + row, states + state, static_cast<size_t>(sizes_.hidden) * sizeof(float)); });
  }

  bool backwards(int64_t direction) const { return sizes_.reverse or direction == 1; }
  StepOrder order(const Places& places, int64_t direction) const { return {places.lengths, backwards(direction)}; }

  /// All members come to every `wait`, also those without a share.
  void walk(const Places& places, const TeamMember& member) const {
    const Share share = share_of(member);
    for (int64_t first = 0; first < sizes_.steps; first += sizes_.chunk) {
      const int64_t last = std::min(first + sizes_.chunk, sizes_.steps);
      project(places, first, last, member);
      member.wait();
      for (int64_t index = first; index < last; ++index)
        for (const CellPhase phase : program_.phases) {
          for (int64_t direction = share.first_direction; direction < share.last_direction; ++direction)
            phase(step_of(places, direction, index, first), share.part);
          if (sizes_.sharing == Sharing::units) member.wait();
        }
      if (last < sizes_.steps) member.wait();
    }
  }

  Share share_of(const TeamMember& member) const {
    Share share;
    share.part = {0, sizes_.batch, 0, sizes_.groups};
    if (member.size < sizes_.directions) {
      share.last_direction = sizes_.directions;
      return share;
    }
    const int64_t seats = member.size / sizes_.directions;
    const int64_t direction = member.index / seats;
    const int64_t seat = member.index % seats;
    if (direction >= sizes_.directions or (sizes_.sharing == Sharing::none and seat > 0)) return share;
    share.first_direction = direction;
    share.last_direction = direction + 1;
    if (sizes_.sharing == Sharing::rows) std::tie(share.part.first_row, share.part.last_row) = slice(sizes_.batch, seat, seats);
    if (sizes_.sharing == Sharing::units) std::tie(share.part.first_group, share.part.last_group) = slice(sizes_.groups, seat, seats);
    return share;
  }

  /// Members take groups of units where these divide well, else rows.
  void project(const Places& places, int64_t first, int64_t last, const TeamMember& member) const {
    const int64_t groups = sizes_.directions * sizes_.groups;
    const int64_t rows = (last - first) * sizes_.batch;
    const bool by_groups = groups % member.size == 0 or groups >= 4 * member.size;
    const auto [begin, end] = by_groups ? slice(groups, member.index, member.size) : std::pair<int64_t, int64_t>{0, groups};
    const auto [first_row, last_row] = by_groups ? std::pair<int64_t, int64_t>{0, rows} : slice(rows, member.index, member.size);
    for (int64_t direction = 0; direction < sizes_.directions; ++direction) {
      const int64_t first_group = std::max<int64_t>(begin - direction * sizes_.groups, 0);
      const int64_t last_group = std::min(end - direction * sizes_.groups, sizes_.groups);
      if (first_group < last_group)
        program_.project(projection_of(places, direction, first), {first_row, last_row, first_group, last_group});
    }
  }

  Projection projection_of(const Places& places, int64_t direction, int64_t first) const {
    const int64_t units = sizes_.gates * sizes_.padded();
    return {.x = {places.x, x_time_, x_item_},
            .order = order(places, direction),
            .first_index = first,
            .batch = sizes_.batch,
            .width = sizes_.width,
            .groups = sizes_.groups,
            .panels = program_.input_panels.values<float>().data() + direction * units * sizes_.width,
            .bias = program_.input_bias.data() + direction * units,
            .out = places.projected + direction * sizes_.chunk * sizes_.batch * units};
  }

  CellStep step_of(const Places& places, int64_t direction, int64_t index, int64_t first) const {
    const auto panels = [&](const Tensor& packed) {
      return packed.defined() ? packed.values<float>().data() + direction * (packed.size() / sizes_.directions) : nullptr;
    };
    const int64_t units = sizes_.gates * sizes_.padded();
    const int64_t states = direction * sizes_.batch * sizes_.padded();
    return {.index = index,
            .order = order(places, direction),
            .hidden = sizes_.hidden,
            .groups = sizes_.groups,
            .panels = panels(program_.state_panels),
            .candidate = panels(program_.candidate_panels),
            .state_bias = program_.state_bias.empty() ? nullptr : program_.state_bias.data() + direction * sizes_.padded(),
            .projected = places.projected + (direction * sizes_.chunk + index - first) * sizes_.batch * units,
            .state = places.states[static_cast<size_t>(index % 2)] + states,
            .next = places.states[static_cast<size_t>((index + 1) % 2)] + states,
            .cell = places.cell + states,
            .kept = places.kept + states,
            .y = {places.y == nullptr ? nullptr : places.y + direction * y_direction_, y_time_, y_item_}};
  }

  Recurrence sizes_;
  RecurrentAreas areas_;
  RecurrentProgram program_;
  int64_t x_time_ = 0, x_item_ = 0;
  int64_t y_time_ = 0, y_item_ = 0, y_direction_ = 0;
  IndexReader given_lengths_;
};

}  // namespace

std::unique_ptr<tactics::Kernel> make_recurrent_kernel(const OpRequest& request, const Variant& variant, const Recurrence& sizes,
                                                       RecurrentProgram program) {
  return std::make_unique<RecurrentKernel>(request, variant, sizes, std::move(program));
}

}  // namespace burnish::cpu
