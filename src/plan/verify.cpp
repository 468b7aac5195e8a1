// Replays the plan on a map of bytes: each arena byte range remembers which write it holds, and every read must find its own.
#include "plan/verify.h"

#include <map>

#include "base/error.h"

namespace burnish::plan {
namespace {

/// Which tensor's write last covered each byte of one space (the arena, or one network output), as disjoint intervals.
class Ownership {
 public:
  void write(int64_t begin, int64_t end, uint32_t writer) {
    if (begin >= end) return;
    cut(begin);
    cut(end);
    owners_.erase(owners_.lower_bound(begin), owners_.lower_bound(end));
    owners_[begin] = {end, writer};
  }

  /// The first byte of [begin, end) whose last writer does not satisfy `accepts`; -1 where all do.
  template <class Accepts>
  int64_t first_foreign(int64_t begin, int64_t end, const Accepts& accepts) const {
    int64_t at = begin;
    auto part = owners_.upper_bound(begin);
    if (part != owners_.begin()) --part;
    for (; at < end; ++part) {
      if (part == owners_.end() or part->first > at) return at;
      if (part->second.end <= at) continue;
      if (not accepts(part->second.writer)) return at;
      at = part->second.end;
    }
    return -1;
  }

 private:
  struct Owner {
    int64_t end;
    uint32_t writer;
  };
  void cut(int64_t at) {
    auto next = owners_.lower_bound(at);
    if (next == owners_.begin()) return;
    auto previous = std::prev(next);
    if (previous->second.end <= at) return;
    owners_[at] = {previous->second.end, previous->second.writer};
    previous->second.end = at;
  }
  std::map<int64_t, Owner> owners_;
};

struct Space {
  Place place;
  uint32_t index;
  auto operator<=>(const Space&) const = default;
};

class Replay {
 public:
  explicit Replay(const Plan& plan) : plan_(plan) {}

  void run() {
    check_ranges();
    for (uint32_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      for (const uint32_t input : step.inputs)
        if (input != no_tensor) check_read(step, input);
      const int64_t workspace = step.variant.workspace;
      if (workspace > 0) {
        check_workspace(step, workspace);
        spaces_[{workspace_place(step), 0}].write(step.workspace_offset, step.workspace_offset + workspace, no_tensor);
      }
      for (const uint32_t output : step.outputs)
        if (output != no_tensor) write(output, step);
    }
    Step end_of_run;
    end_of_run.name = "the end of the run";
    for (const Binding& output : plan_.outputs) check_read(end_of_run, output.tensor);
  }

 private:
  const TensorSlot& slot(uint32_t tensor, std::string_view where) const {
    if (tensor >= plan_.tensors.size()) fail("plan: {} refers to tensor {} of {}", where, tensor, plan_.tensors.size());
    return plan_.tensors[tensor];
  }

  int64_t space_bytes(const TensorSlot& slot) const {
    switch (slot.place) {
      case Place::arena: return plan_.memory.arena_bytes;
      case Place::input: return slot.index < plan_.inputs.size() ? binding_bytes(plan_.inputs[slot.index]) : -1;
      case Place::output: return slot.index < plan_.outputs.size() ? binding_bytes(plan_.outputs[slot.index]) : -1;
      case Place::constant: return slot.index < plan_.constants.size() ? static_cast<int64_t>(plan_.constants[slot.index]->bytes()) : -1;
      case Place::none: return 0;
      case Place::host_arena: return plan_.memory.host_arena_bytes;
    }
    return -1;
  }
  static int64_t binding_bytes(const Binding& binding) { return tactics::stored_bytes(binding.format, binding.dims); }

  void check_ranges() const {
    for (const TensorSlot& slot : plan_.tensors) {
      if (slot.place == Place::none) {
        if (slot.bytes != 0) fail("plan: tensor {} of {} bytes lies nowhere", slot.name, slot.bytes);
        continue;
      }
      const bool on_host = slot.place == Place::constant or slot.place == Place::host_arena;
      if (slot.format.space != (on_host ? tactics::Space::host : plan_.space)) fail("plan: tensor {} lies in the wrong memory", slot.name);
      const int64_t needed = tactics::stored_bytes(slot.format, slot.dims);
      const int64_t space = space_bytes(slot);
      if (slot.bytes != needed) fail("plan: tensor {} holds {} bytes where its format needs {}", slot.name, slot.bytes, needed);
      if (slot.offset < 0 or space < 0 or slot.bytes > space or slot.offset > space - slot.bytes)
        fail("plan: tensor {} lies at bytes {} to {} of a space of {}", slot.name, slot.offset, slot.offset + slot.bytes, space);
    }
  }

  static bool is_arena(Place place) { return place == Place::arena or place == Place::host_arena; }
  Place workspace_place(const Step& step) const {
    return plan_.space == tactics::Space::host or on_device(step) ? Place::arena : Place::host_arena;
  }

  void check_workspace(const Step& step, int64_t bytes) const {
    const Place place = workspace_place(step);
    const int64_t arena = place == Place::arena ? plan_.memory.arena_bytes : plan_.memory.host_arena_bytes;
    if (step.workspace_offset < 0 or bytes > arena or step.workspace_offset > arena - bytes)
      fail("plan: the workspace of step {} leaves the arena", step.name);
    for (const auto& list : {step.inputs, step.outputs})
      for (const uint32_t tensor : list) {
        if (tensor == no_tensor) continue;
        const TensorSlot& other = slot(tensor, step.name);
        if (other.place == place and other.offset < step.workspace_offset + bytes and step.workspace_offset < other.offset + other.bytes)
          fail("plan: the workspace of step {} overlaps tensor {}", step.name, other.name);
      }
  }

  void check_read(const Step& step, uint32_t tensor) {
    const TensorSlot& read = slot(tensor, step.name);
    if (not is_arena(read.place) and read.place != Place::output) return;
    const auto found = spaces_.find({read.place, is_arena(read.place) ? 0 : read.index});
    const auto accepts = [&](uint32_t writer) { return holds_value_of(writer, tensor); };
    const int64_t foreign =
        found == spaces_.end() ? read.offset : found->second.first_foreign(read.offset, read.offset + read.bytes, accepts);
    if (read.bytes > 0 and foreign >= 0)
      fail("plan: step {} reads tensor {} but byte {} holds something else or was never written", step.name, read.name, foreign);
  }

  /// A read may find the tensor's own write, or that of a tensor that holds a part or the whole of the same value.
  bool holds_value_of(uint32_t writer, uint32_t reader) const {
    return writer != no_tensor and plan_.tensors[writer].alias_class == plan_.tensors[reader].alias_class;
  }

  void write(uint32_t tensor, const Step& step) {
    const TensorSlot& target = slot(tensor, step.name);
    if (target.place == Place::none) return;
    if (not is_arena(target.place) and target.place != Place::output)
      fail("plan: step {} writes into input or constant {}", step.name, target.name);
    check_outputs_apart(step, target);
    spaces_[{target.place, is_arena(target.place) ? 0 : target.index}].write(target.offset, target.offset + target.bytes, tensor);
  }

  /// An output may lie on an input's bytes only where the variant says so, and then exactly.
  void check_outputs_apart(const Step& step, const TensorSlot& target) const {
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (step.inputs[i] == no_tensor) continue;
      const TensorSlot& input = slot(step.inputs[i], step.name);
      const bool same_space = input.place == target.place and (is_arena(target.place) or input.index == target.index);
      if (not same_space or input.bytes == 0 or target.bytes == 0) continue;
      if (input.offset >= target.offset + target.bytes or target.offset >= input.offset + input.bytes) continue;
      const bool in_place = step.variant.in_place == static_cast<int>(i) and input.offset == target.offset and input.bytes == target.bytes;
      if (not in_place) fail("plan: step {} writes {} over its own input {}", step.name, target.name, input.name);
    }
  }

  const Plan& plan_;
  std::map<Space, Ownership> spaces_;
};

}  // namespace

void verify_memory(const Plan& plan) { Replay(plan).run(); }

}  // namespace burnish::plan
