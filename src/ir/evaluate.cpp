#include "ir/evaluate.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ir/graph.h"

namespace burnish {

EvalContext::EvalContext(std::span<const Tensor> inputs, size_t outputs, Allocate allocate, std::span<const Graph> regions,
                         RunRegion run_region)
    : inputs_(inputs), outputs_(outputs), allocate_(std::move(allocate)), regions_(regions), run_region_(std::move(run_region)) {}

std::vector<Tensor> EvalContext::run_region(size_t region, std::span<const Tensor> inputs) const {
  BURNISH_CHECK(region < regions_.size(), "body {} of {}", region, regions_.size());
  return run_region_ ? run_region_(region, inputs) : evaluate(regions_[region], inputs);
}

const Tensor& EvalContext::input(size_t index) const {
  if (not has_input(index)) fail("input {} is missing", index);
  return inputs_[index];
}

Tensor& EvalContext::allocate(size_t index, DType dtype, Dims dims) {
  if (index >= outputs_.size()) fail("the operator gives an output {}, but the node has {}", index, outputs_.size());
  outputs_[index] = allocate_ ? allocate_(index, dtype, std::move(dims)) : Tensor::uninitialized(dtype, std::move(dims));
  return outputs_[index];
}

void EvalContext::set_output(size_t index, Tensor tensor) {
  if (index >= outputs_.size()) fail("the operator gives an output {}, but the node has {}", index, outputs_.size());
  if (not tensor.defined()) fail("output {} is set to an undefined tensor", index);
  if (not allocate_ or tensor.dtype() == DType::string or not tensor.is_tensor()) {
    outputs_[index] = std::move(tensor);
    return;
  }
  Tensor& target = allocate(index, tensor.dtype(), tensor.dims());
  if (tensor.bytes() > 0 and target.data() != tensor.data()) std::memmove(target.mutable_data(), tensor.data(), tensor.bytes());
}

namespace {

using Observe = std::function<void(uint32_t, const Tensor&)>;

bool has_shape(const TensorType& type, const Tensor& tensor) {
  if (type.known != Known::shape) return type.known == Known::nothing;
  if (tensor.rank() != type.shape.rank()) return false;
  for (size_t axis = 0; axis < tensor.rank(); ++axis)
    if (const auto dim = type.shape[axis].constant(); dim and *dim != tensor.dim(axis)) return false;
  return true;
}

bool has_type(const TensorType& type, const Tensor& value) {
  if (value.kind() != type.kind or value.dtype() != type.dtype) return false;
  if (value.is_tensor()) return has_shape(type, value);
  TensorType inner = type;
  inner.kind = type.kind == ValueKind::optional_sequence ? ValueKind::sequence : ValueKind::tensor;
  return std::ranges::all_of(value.held(), [&](const Tensor& one) { return has_type(inner, one); });
}

std::string describe_value(const Tensor& value) {
  if (value.is_tensor()) return fmt::format("a {} of {}", name_of(value.dtype()), text_of(value.dims()));
  return fmt::format("a {} of {}, which holds {}", name_of(value.kind()), name_of(value.dtype()), value.held().size());
}

/// Tensors by value id; each is dropped after its last use, so that a large network fits into memory.
class Values {
 public:
  explicit Values(const Graph& graph) : graph_(graph), tensors_(graph.value_count()), uses_(graph.value_count()) {
    for (uint32_t i = 0; i < graph.value_count(); ++i) {
      const Value& value = graph.value({i});
      uses_[i] = value.users.size() + value.output_uses;
      if (value.constant) tensors_[i] = *value.constant;
    }
  }

  const TensorType& type(ValueId id) const { return graph_.type(id); }
  void set(ValueId id, Tensor tensor) { tensors_[id.index] = std::move(tensor); }
  Tensor get(ValueId id) const { return id.valid() ? tensors_[id.index] : Tensor(); }
  void used(ValueId id) {
    if (id.valid() and --uses_[id.index] == 0) tensors_[id.index] = {};
  }
  void drop_unused(ValueId id) {
    if (uses_[id.index] == 0) tensors_[id.index] = {};
  }

 private:
  const Graph& graph_;
  std::vector<Tensor> tensors_;
  std::vector<size_t> uses_;
};

void evaluate_node(const Node& node, Values& values, const Observe& observe) {
  std::vector<Tensor> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(values.get(input));
  std::vector<Tensor> outputs = evaluate(node, inputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    // What a sequence held, or a branch gave, is only known now; operators rely on what inference told them.
    if (node.op.has(Trait::any_kind) or not values.type(node.outputs[i]).shape.is_static())
      in_context([&] { return describe(node); },
                 [&] { expect_type(values.type(node.outputs[i]), outputs[i], fmt::format("its output {}", i)); });
    if (observe) observe(node.outputs[i].index, outputs[i]);
    values.set(node.outputs[i], std::move(outputs[i]));
    values.drop_unused(node.outputs[i]);
  }
  for (const ValueId input : node.inputs) values.used(input);
}

}  // namespace

void expect_type(const TensorType& type, const Tensor& value, std::string_view name) {
  if (not value.defined()) fail("{} is not given", name);
  if (not has_type(type, value)) fail("{} is {}, expected {}", name, describe_value(value), type.text());
}

std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor> inputs, const EvalContext::RunRegion& run_region) {
  return in_context([&] { return describe(node); },
                    [&] {
                      EvalContext context(inputs, node.outputs.size(), {}, node.regions, run_region);
                      node.op.reference(context);
                      for (size_t i = 0; i < node.outputs.size(); ++i)
                        BURNISH_CHECK(context.outputs()[i].defined(), "{} did not compute its output {}", node.op.name(), i);
                      return context.outputs();
                    });
}

std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs) { return evaluate(graph, inputs, {}); }

std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs, const Observe& observe) {
  if (inputs.size() != graph.inputs().size())
    fail("the graph `{}` takes {} inputs, got {}", graph.name, graph.inputs().size(), inputs.size());
  Values values(graph);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value& value = graph.value(graph.inputs()[i]);
    expect_type(value.type, inputs[i], fmt::format("the graph input `{}`", value.name));
    values.set(graph.inputs()[i], inputs[i]);
  }
  for (const NodeId id : graph.order()) evaluate_node(graph.node(id), values, observe);
  std::vector<Tensor> outputs;
  for (const ValueId output : graph.outputs()) outputs.push_back(values.get(output));
  return outputs;
}

}  // namespace burnish
