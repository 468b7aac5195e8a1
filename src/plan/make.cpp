// From graph, candidates and assignment to a plan: walks the nodes in order, keeps one tensor for each (value, format) pair,
// inserts reformats where formats differ, lets views, parts and in-place results share memory, and finally places everything.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/error.h"
#include "plan/buffers.h"
#include "plan/memory.h"
#include "plan/plan.h"
#include "plan/verify.h"
#include "tactics/reformat.h"

namespace burnish::plan {
namespace {

using tactics::Alias;
using tactics::Candidate;
using tactics::Format;

class Maker {
 public:
  Maker(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen)
      : graph_(graph), found_(found), chosen_(chosen), values_(graph.value_count()) {
    plan_.backend = std::string(found.backend->name());
    plan_.device = found.target.device;
    plan_.threads = found.target.threads;
    plan_.space = found.target.space;
    plan_.expected_seconds = chosen.seconds;
  }

  Plan run() {
    count_uses();
    bind_inputs();
    for (size_t i = 0; i < found_.nodes.size(); ++i) add_node(found_.nodes[i], found_.nodes[i].candidates.at(chosen_.chosen.at(i)));
    bind_outputs();
    place_all();
    verify_memory(plan_);
    return std::move(plan_);
  }

 private:
  /// The tensors that hold one graph value, one for each format it was asked in; the first is the producer's.
  struct Stored {
    std::vector<uint32_t> tensors;
    int64_t uses_left = 0;
  };

  Stored& stored(ValueId id) { return values_[id.index]; }
  uint32_t current_step() const { return static_cast<uint32_t>(plan_.steps.size()); }
  uint32_t root_of(uint32_t tensor) const { return roots_[tensor]; }

  void count_uses() {
    for (uint32_t i = 0; i < graph_.value_count(); ++i) {
      const Value& value = graph_.value({i});
      values_[i].uses_left = static_cast<int64_t>(value.users.size()) + value.output_uses;
    }
  }

  uint32_t add_tensor(ValueId id, const Format& format, uint32_t root, int64_t offset, uint32_t alias_class) {
    TensorSlot slot;
    slot.name = graph_.value(id).name;
    slot.dtype = graph_.type(id).dtype;
    slot.dims = graph_.type(id).shape.dims();
    slot.format = format;
    slot.bytes = tactics::stored_bytes(format, slot.dims);
    slot.offset = offset;
    slot.alias_class = alias_class;
    plan_.tensors.push_back(std::move(slot));
    roots_.push_back(root);
    const uint32_t tensor = static_cast<uint32_t>(plan_.tensors.size() - 1);
    stored(id).tensors.push_back(tensor);
    if (stored(id).tensors.size() == 1) buffers_.at(buffers_.outermost(root).first).pending_reads += stored(id).uses_left;
    return tensor;
  }

  uint32_t add_fresh(ValueId id, const Format& format) {
    const int64_t bytes = tactics::stored_bytes(format, graph_.type(id).shape.dims());
    return add_tensor(id, format, buffers_.new_root(arena_of(format), 0, bytes), 0, next_class_++);
  }

  Place arena_of(const Format& format) const { return format.space == plan_.space ? Place::arena : Place::host_arena; }
  static bool is_arena(Place place) { return place == Place::arena or place == Place::host_arena; }

  void bind_inputs() {
    for (const ValueId id : graph_.inputs()) {
      const TensorType& type = graph_.type(id);
      if (not type.is_plain())
        fail_unsupported("the input `{}` is {}, which lives on the host only and has no place in a plan", graph_.value(id).name,
                         type.text());
      const Format format = io_format(graph_.value(id).name, type);
      const auto index = static_cast<uint32_t>(plan_.inputs.size());
      const uint32_t root = buffers_.new_root(Place::input, index, tactics::stored_bytes(format, type.shape.dims()));
      const uint32_t tensor = add_tensor(id, format, root, 0, next_class_++);
      plan_.inputs.push_back({graph_.value(id).name, type.dtype, type.shape.dims(), format, tensor});
    }
  }

  Format io_format(const std::string& name, const TensorType& type) const {
    const auto asked = chosen_.io_formats.find(name);
    if (asked == chosen_.io_formats.end()) return tactics::plain_format(type, plan_.space);
    return {asked->second.storage, asked->second.layout, plan_.space};
  }

  uint32_t constant_tensor(ValueId id) {
    if (not stored(id).tensors.empty()) return stored(id).tensors.front();
    const auto index = static_cast<uint32_t>(plan_.constants.size());
    plan_.constants.push_back(graph_.value(id).constant);
    const TensorType& type = graph_.type(id);
    const uint32_t root = buffers_.new_root(Place::constant, index, static_cast<int64_t>(plan_.constants.back()->bytes()));
    return add_tensor(id, tactics::plain_format(type), root, 0, next_class_++);
  }

  /// The value's tensor in this format; adds a reformat step where nobody made it yet.
  uint32_t tensor_in(ValueId id, const Format& format) {
    if (graph_.value(id).constant != nullptr and stored(id).tensors.empty()) constant_tensor(id);
    const std::vector<uint32_t>& known = stored(id).tensors;
    BURNISH_CHECK(not known.empty(), "value {} is read before it is made", graph_.value(id).name);
    for (const uint32_t tensor : known)
      if (tactics::same_memory(plan_.tensors[tensor].format, format, plan_.tensors[tensor].dims)) return tensor;
    const uint32_t source = known.front();
    const uint32_t target = add_fresh(id, format);
    roots_with_copies_.insert(root_of(target));
    copy(id, source, target);
    return target;
  }

  /// A reformat step (a plain copy where the formats agree).
  void copy(ValueId id, uint32_t source, uint32_t target) {
    Step step;
    step.name = fmt::format("reformat of {}", graph_.value(id).name);
    if (const Node* producer = graph_.producer(id)) step.provenance = producer->provenance;
    step.request = tactics::reformat_request(graph_.type(id), found_.target);
    step.variant = tactics::reformat_variant(*found_.backend, graph_.type(id), plan_.tensors[source].format, plan_.tensors[target].format,
                                             found_.target.threads);
    const bool stays_on_host =
        plan_.tensors[source].format.space == tactics::Space::host and plan_.tensors[target].format.space == tactics::Space::host;
    const std::string_view backend = stays_on_host and plan_.space == tactics::Space::device ? "cpu" : found_.backend->name();
    const std::string tactic = fmt::format("{}.reformat", backend);
    const tactics::Tactic* found = tactics::registry().find_tactic(tactic);
    BURNISH_CHECK(found != nullptr, "backend {} brings no reformat", found_.backend->name());
    step.tactic = tactic;
    step.revision = found->revision();
    step.seconds = step.variant.estimate;
    step.inputs = {source};
    step.outputs = {target};
    add_step(std::move(step));
  }

  void add_step(Step step) {
    const uint32_t at = current_step();
    for (const auto* list : {&step.inputs, &step.outputs})
      for (const uint32_t tensor : *list)
        if (tensor != no_tensor) buffers_.used_at(root_of(tensor), at);
    plan_.steps.push_back(std::move(step));
  }

  void add_node(const tactics::NodeCandidates& node, const Candidate& candidate) {
    in_context([&] { return describe(graph_.node(node.node)); },
               [&] {
                 switch (candidate.variant.alias) {
                   case Alias::none: add_kernel(node, candidate); break;
                   case Alias::view: add_view(graph_.node(node.node), candidate.variant); break;
                   case Alias::concat: add_concat(graph_.node(node.node), candidate.variant); break;
                   case Alias::split: add_split(graph_.node(node.node), candidate.variant); break;
                 }
               });
    for (const ValueId input : graph_.node(node.node).inputs)
      if (input) count_read(input);
  }

  void count_read(ValueId id) {
    --stored(id).uses_left;
    if (not stored(id).tensors.empty()) --buffers_.at(buffers_.outermost(root_of(stored(id).tensors.front())).first).pending_reads;
  }

  void add_kernel(const tactics::NodeCandidates& candidates, const Candidate& candidate) {
    const Node& node = graph_.node(candidates.node);
    const tactics::Variant& variant = candidate.variant;
    Step step;
    step.name = node.name;
    step.provenance = node.provenance;
    step.tactic = std::string(candidate.tactic->id());
    step.revision = candidate.tactic->revision();
    step.request = candidates.request;
    step.variant = variant;
    step.seconds = tactics::cost_of(found_, candidate);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const bool kept = i < variant.keeps_constant.size() and variant.keeps_constant[i];
      step.inputs.push_back(not node.inputs[i] or kept ? no_tensor : tensor_in(node.inputs[i], variant.inputs.at(i)));
    }
    const bool in_place = may_run_in_place(node, step);
    if (not in_place) step.variant.in_place = -1;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId output = node.outputs[i];
      const bool wanted = stored(output).uses_left > 0;
      if (not wanted) step.outputs.push_back(no_tensor);
      else if (i == 0 and in_place)
        step.outputs.push_back(reuse(output, variant.outputs[0], step.inputs[static_cast<size_t>(variant.in_place)]));
      else step.outputs.push_back(add_fresh(output, variant.outputs.at(i)));
    }
    add_step(std::move(step));
  }

  /// In place: the input covers a whole unshared arena root that nobody reads after this step, and no other input of the step lies there.
  bool may_run_in_place(const Node& node, const Step& step) const {
    const int input = step.variant.in_place;
    if (input < 0 or step.inputs.at(static_cast<size_t>(input)) == no_tensor) return false;
    const uint32_t tensor = step.inputs[static_cast<size_t>(input)];
    const auto [root, offset] = buffers_.outermost(root_of(tensor));
    const Buffers::Root& memory = buffers_.at(root);
    const int64_t bytes = tactics::stored_bytes(step.variant.outputs.at(0), graph_.type(node.outputs[0]).shape.dims());
    if (not is_arena(memory.place) or memory.shared or offset != 0 or memory.bytes != bytes) return false;
    int64_t reads_here = 0;
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (step.inputs[i] == no_tensor or buffers_.outermost(root_of(step.inputs[i])).first != root) continue;
      if (i != static_cast<size_t>(input)) return false;
      ++reads_here;
    }
    const ValueId value = node.inputs[static_cast<size_t>(input)];
    // A reformatted copy has a root of its own that later readers of the value may still ask for.
    if (root_of(values_[value.index].tensors.front()) != root_of(tensor)) return values_[value.index].uses_left == 1;
    return memory.pending_reads == reads_here;
  }

  uint32_t reuse(ValueId output, const Format& format, uint32_t input) {
    return add_tensor(output, format, root_of(input), 0, next_class_++);
  }

  void add_view(const Node& node, const tactics::Variant& variant) {
    const uint32_t source = tensor_in(node.inputs[0], variant.inputs.at(0));
    if (stored(node.outputs[0]).uses_left > 0) share(node.outputs[0], variant.outputs.at(0), source, 0);
  }

  void share(ValueId output, const Format& format, uint32_t source, int64_t offset) {
    const TensorSlot from = plan_.tensors[source];
    const uint32_t tensor = add_tensor(output, format, root_of(source), from.offset + offset, from.alias_class);
    // A reformatted copy counts no reads of the value it copies, so a view of it cannot tell whether somebody still needs the bytes.
    const bool copied = roots_with_copies_.contains(root_of(source));
    if (copied or plan_.tensors[tensor].bytes != from.bytes) buffers_.at(buffers_.outermost(root_of(source)).first).shared = true;
  }

  void add_split(const Node& node, const tactics::Variant& variant) {
    const uint32_t source = tensor_in(node.inputs[0], variant.inputs.at(0));
    for (size_t i = 0; i < node.outputs.size(); ++i)
      if (stored(node.outputs[i]).uses_left > 0) share(node.outputs[i], variant.outputs.at(i), source, variant.part_offsets.at(i));
  }

  void add_concat(const Node& node, const tactics::Variant& variant) {
    std::vector<uint32_t> parts;
    for (size_t i = 0; i < node.inputs.size(); ++i) parts.push_back(tensor_in(node.inputs[i], variant.inputs.at(i)));
    const uint32_t whole = add_fresh(node.outputs[0], variant.outputs.at(0));
    int64_t offset = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const int64_t bytes = plan_.tensors[parts[i]].bytes;
      if (not absorb(parts[i], whole, offset)) copy_part(node.inputs[i], parts[i], whole, offset, variant.inputs.at(i));
      offset += bytes;
    }
  }

  /// Lets a part live inside the whole from its making on, where its memory is its own.
  bool absorb(uint32_t part, uint32_t whole, int64_t offset) {
    const uint32_t root = root_of(part);
    const Buffers::Root& memory = buffers_.at(root);
    const bool own = memory.place == buffers_.at(root_of(whole)).place and is_arena(memory.place) and memory.parent == UINT32_MAX and
                     plan_.tensors[part].offset == 0 and memory.bytes == plan_.tensors[part].bytes;
    if (not own or root == root_of(whole) or offset % 64 != 0) return false;
    buffers_.put_inside(root, root_of(whole), offset);
    merge_classes(plan_.tensors[part].alias_class, plan_.tensors[whole].alias_class);
    return true;
  }

  void merge_classes(uint32_t from, uint32_t into) {
    for (TensorSlot& slot : plan_.tensors)
      if (slot.alias_class == from) slot.alias_class = into;
  }

  void copy_part(ValueId id, uint32_t part, uint32_t whole, int64_t offset, const Format& format) {
    TensorSlot slot = plan_.tensors[part];
    slot.format = format;
    slot.offset = offset;
    slot.alias_class = plan_.tensors[whole].alias_class;
    plan_.tensors.push_back(std::move(slot));
    roots_.push_back(root_of(whole));
    buffers_.at(buffers_.outermost(root_of(whole)).first).shared = true;
    copy(id, part, static_cast<uint32_t>(plan_.tensors.size() - 1));
  }

  void bind_outputs() {
    for (const ValueId id : graph_.outputs()) {
      const TensorType& type = graph_.type(id);
      const auto index = static_cast<uint32_t>(plan_.outputs.size());
      const std::string& name = graph_.output_name(index);
      const Format format = io_format(name, type);
      const uint32_t source = tensor_in(id, format);
      plan_.outputs.push_back({name, type.dtype, type.shape.dims(), format, no_tensor});
      plan_.outputs.back().tensor = claim_output(id, source, index, format);
    }
  }

  /// The whole root becomes the network output's memory where it is exactly this tensor; else a copy at the end.
  uint32_t claim_output(ValueId id, uint32_t source, uint32_t index, const Format& format) {
    Buffers::Root& root = buffers_.at(root_of(source));
    const TensorSlot slot = plan_.tensors[source];
    if (root.place == Place::arena and root.parent == UINT32_MAX and slot.offset == 0 and root.bytes == slot.bytes) {
      root.place = Place::output;
      root.index = index;
      return source;
    }
    const uint32_t target = add_tensor(id, format, buffers_.new_root(Place::output, index, slot.bytes), 0, next_class_++);
    copy(id, source, target);
    return target;
  }

  void place_all() {
    std::vector<int64_t> offsets(buffers_.size(), 0);
    const Placement placement = place_in(Place::arena, offsets);
    plan_.memory.arena_bytes = placement.arena_bytes;
    plan_.memory.lower_bound = placement.lower_bound;
    if (plan_.space != tactics::Space::host) plan_.memory.host_arena_bytes = place_in(Place::host_arena, offsets).arena_bytes;
    for (uint32_t i = 0; i < plan_.tensors.size(); ++i) settle(i, offsets);
  }

  /// Whether a step's workspace lies in this arena.
  bool works_in(Place arena, const Step& step) const {
    return plan_.space == tactics::Space::host or on_device(step) == (arena == Place::arena);
  }

  Placement place_in(Place arena, std::vector<int64_t>& offsets) {
    std::vector<MemoryRequest> requests;
    std::vector<int64_t*> places;
    for (uint32_t i = 0; i < buffers_.size(); ++i) {
      const Buffers::Root& root = buffers_.at(i);
      if (root.place != arena or root.parent != UINT32_MAX or root.first_step == UINT32_MAX) continue;
      requests.push_back({root.bytes, root.first_step, root.last_step});
      places.push_back(&offsets[i]);
      plan_.memory.without_reuse += root.bytes;
    }
    for (uint32_t i = 0; i < plan_.steps.size(); ++i) {
      if (not works_in(arena, plan_.steps[i])) continue;
      requests.push_back({plan_.steps[i].variant.workspace, i, i});
      places.push_back(&plan_.steps[i].workspace_offset);
    }
    constexpr int64_t host_alignment = 64, device_alignment = 256;
    Placement placement = place(requests, plan_.space == tactics::Space::device ? device_alignment : host_alignment);
    for (size_t i = 0; i < places.size(); ++i) *places[i] = placement.offsets[i];
    return placement;
  }

  void settle(uint32_t tensor, const std::vector<int64_t>& offsets) {
    TensorSlot& slot = plan_.tensors[tensor];
    const auto [root, inner] = buffers_.outermost(root_of(tensor));
    const Buffers::Root& memory = buffers_.at(root);
    slot.place = slot.bytes == 0 ? Place::none : memory.place;
    slot.index = memory.index;
    slot.offset += inner + (is_arena(memory.place) ? offsets[root] : 0);
  }

  const Graph& graph_;
  const tactics::CandidateSet& found_;
  const tactics::Assignment& chosen_;
  Plan plan_;
  Buffers buffers_;
  std::vector<Stored> values_;
  std::vector<uint32_t> roots_;                     // of each tensor
  std::unordered_set<uint32_t> roots_with_copies_;  // hold a value in another format than its producer's
  uint32_t next_class_ = 0;
};

}  // namespace

bool on_device(const Step& step) {
  const auto device = [](const tactics::Format& format) { return format.space == tactics::Space::device; };
  return std::ranges::any_of(step.variant.inputs, device) or std::ranges::any_of(step.variant.outputs, device);
}

Plan make(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen) {
  return Maker(graph, found, chosen).run();
}

}  // namespace burnish::plan
