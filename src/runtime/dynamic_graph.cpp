#include "runtime/dynamic_graph.h"

#include <algorithm>

#include "base/error.h"
#include "ops/if.h"
#include "passes/pipeline.h"
#include "runtime/stages.h"

namespace burnish::runtime {
namespace {

/// Sets of sizes kept for one graph; the least recently used go first.
constexpr size_t most_kept = 64;
/// Values that one set of sizes is compiled for. Who decides sizes anew in every run (the counter of a loop) soon gets stages instead.
constexpr size_t most_by_value = 16;
/// Inputs with more elements than these decide nothing: axes, shapes, starts, conditions; and scales.
constexpr int64_t most_deciding_integers = 64;
constexpr int64_t most_deciding_floats = 8;

std::vector<int64_t> key_of(std::span<const Dims> dims) {
  std::vector<int64_t> key;
  for (const Dims& one : dims) {
    key.push_back(static_cast<int64_t>(one.size()));
    key.insert(key.end(), one.begin(), one.end());
  }
  return key;
}

void append_values(std::vector<int64_t>& key, const Tensor& tensor) {
  for (int64_t i = 0; i < tensor.size(); ++i)
    key.push_back(is_floating(tensor.dtype()) ? std::bit_cast<int64_t>(tensor.number(i)) : tensor.integer(i));
}

/// Gives the inputs their sizes, and the symbols in them their numbers everywhere.
void bind_sizes(Graph& graph, std::span<const Dims> dims) {
  DimBindings bindings;
  for (size_t i = 0; i < dims.size(); ++i) {
    Value& input = graph.mutable_value(graph.inputs()[i]);
    if (input.type.kind != ValueKind::tensor) continue;
    if (not input.type.is_plain()) {
      input.type.known = Known::shape;
      input.type.shape = Shape(std::span<const int64_t>(dims[i]));
      continue;
    }
    const Shape& declared = input.type.shape;
    if (declared.rank() != dims[i].size())
      fail("input `{}` should have {} dimensions ({}), got {}", input.name, declared.rank(), declared.text(), text_of(dims[i]));
    for (size_t axis = 0; axis < declared.rank(); ++axis) {
      const int64_t size = dims[i][axis];
      if (const std::string symbol(declared[axis].symbol_name()); not symbol.empty()) {
        const auto [bound, added] = bindings.emplace(symbol, size);
        if (not added and bound->second != size)
          fail("input `{}`: axis {} is {}, but the dimension `{}` is {} elsewhere", input.name, axis, size, symbol, bound->second);
      } else if (declared[axis].constant().value_or(size) != size) {
        fail("input `{}` should have the shape {}, got {}: axis {} is fixed", input.name, declared.text(), text_of(dims[i]), axis);
      }
    }
    input.type.shape = Shape(std::span<const int64_t>(dims[i]));
  }
  graph.bind(bindings);
}

bool is_small(const TensorType& type) {
  if (not type.is_plain() or type.shape.rank() > 1 or not type.shape.is_static()) return false;
  const int64_t count = element_count(type.shape.dims());
  return ((is_integer(type.dtype) or type.dtype == DType::boolean) and count <= most_deciding_integers) or
         (type.dtype == DType::f32 and count <= most_deciding_floats);
}

/// Inputs whose values lead, through small tensors alone, to a node that waits for them to know its sizes, or to an If's condition.
std::vector<size_t> deciding_inputs(const Graph& graph) {
  std::vector<bool> asked(graph.value_count(), false);
  std::vector<ValueId> work;
  const auto ask = [&](ValueId id) {
    if (not id.valid() or asked[id.index] or graph.constant(id) != nullptr or not is_small(graph.type(id))) return;
    asked[id.index] = true;
    work.push_back(id);
  };
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.op.is<ops::If>()) ask(node.inputs[0]);
    if (not stands_alone(graph, node) or not node.regions.empty() or node.op.has(Trait::data_dependent)) continue;
    for (const ValueId input : node.inputs) ask(input);
  }
  while (not work.empty()) {
    const Node* producer = graph.producer(work.back());
    work.pop_back();
    if (producer == nullptr or not producer->regions.empty()) continue;
    for (const ValueId input : producer->inputs) ask(input);
  }
  std::vector<size_t> deciding;
  for (size_t i = 0; i < graph.inputs().size(); ++i)
    if (asked[graph.inputs()[i].index]) deciding.push_back(i);
  return deciding;
}

/// The graph for these sizes, with what became known folded.
Graph bound(Graph graph, std::span<const Dims> dims) {
  bind_sizes(graph, dims);
  passes::clean(graph);
  return graph;
}

}  // namespace

DynamicGraph::DynamicGraph(Graph graph, std::shared_ptr<Compiler> compiler) : graph_(std::move(graph)), compiler_(std::move(compiler)) {}
DynamicGraph::~DynamicGraph() = default;

size_t DynamicGraph::KeyHash::operator()(const Key& key) const {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const int64_t number : key) hash = (hash ^ static_cast<uint64_t>(number)) * 0x100000001b3U;
  return static_cast<size_t>(hash ^ (hash >> 32U));
}

DynamicGraph::Entry& DynamicGraph::remember(const Key& key, Entry entry) {
  if (cache_.size() >= most_kept) {
    cache_.erase(ages_.front());
    ages_.pop_front();
  }
  entry.age = ages_.insert(ages_.end(), key);
  return cache_.emplace(key, std::move(entry)).first->second;
}

void DynamicGraph::keep(std::shared_ptr<const Program> program) {
  std::vector<Dims> dims;
  for (const TensorInfo& input : program->inputs()) dims.push_back(input.dims);
  if (dims.size() != graph_.inputs().size()) fail("a plan has {} inputs, its network {}", dims.size(), graph_.inputs().size());
  const std::lock_guard lock(mutex_);
  Entry entry;
  entry.made = std::make_shared<const Specialization>(Specialization{std::move(program), nullptr});
  remember(key_of(dims), std::move(entry));
}

std::shared_ptr<const Specialization> DynamicGraph::finished(Graph graph) {
  if (is_compilable(graph)) return std::make_shared<const Specialization>(Specialization{compiler_->compile(std::move(graph)), nullptr});
  return std::make_shared<const Specialization>(
      Specialization{nullptr, std::make_shared<const StagedProgram>(make_stages(graph, compiler_))});
}

DynamicGraph::Entry DynamicGraph::make(std::span<const Dims> dims) {
  Graph graph = bound(graph_, dims);
  Entry entry;
  if (not is_compilable(graph)) entry.deciding = deciding_inputs(graph);
  if (entry.deciding.empty()) entry.made = finished(std::move(graph));
  return entry;
}

std::shared_ptr<const Specialization> DynamicGraph::make_for_values(std::span<const Dims> dims, std::span<const Tensor> values,
                                                                    std::span<const size_t> deciding) {
  Graph graph = graph_;
  for (const size_t i : deciding) {
    const ValueId input = graph.inputs()[i];
    graph.replace_uses(input, graph.add_constant(values[i].clone(), graph.value(input).name));
  }
  return finished(bound(std::move(graph), dims));
}

std::shared_ptr<const Specialization> DynamicGraph::specialized(std::span<const Dims> dims, std::span<const Tensor> values) {
  const std::lock_guard lock(mutex_);
  Key key = key_of(dims);
  auto found = cache_.find(key);
  Entry& entry = found != cache_.end() ? found->second : remember(key, make(dims));
  ages_.splice(ages_.end(), ages_, entry.age);
  if (entry.deciding.empty()) return entry.made;
  if (values.empty()) return nullptr;
  key.push_back(-1);  // no rank: tells this key from one of sizes alone, even where no value follows
  for (const size_t i : entry.deciding) append_values(key, values[i]);
  if (found = cache_.find(key); found != cache_.end()) {
    ages_.splice(ages_.end(), ages_, found->second.age);
    return found->second.made;
  }
  if (entry.by_value >= most_by_value) {
    if (entry.made == nullptr) entry.made = finished(bound(graph_, dims));
    return entry.made;
  }
  ++entry.by_value;
  Entry exact;
  exact.made = make_for_values(dims, values, entry.deciding);
  return remember(key, std::move(exact)).made;
}

}  // namespace burnish::runtime
