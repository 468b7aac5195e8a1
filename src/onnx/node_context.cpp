// The typed accessors, and the additions to the graph.
#include "onnx/node_context.h"

#include "base/error.h"
#include "onnx/bodies.h"

namespace burnish::onnx {

using Type = proto::AttributeProto;

NodeContext::NodeContext(Builder& builder, Scope& scope, proto::NodeProto& node, std::string name, int64_t opset)
    : builder_(builder), scope_(scope), node_(node), name_(std::move(name)), opset_(opset), attributes_(attributes_of(node, scope)) {
  for (const std::string& input : node.input()) {
    const std::optional<ValueId> found = input.empty() ? ValueId{} : scope.find(input);
    if (not found) fail("the input `{}` comes from nowhere", input);
    inputs_.push_back(*found);
  }
  while (not inputs_.empty() and not inputs_.back().valid()) inputs_.pop_back();
  for (int i = 0; i < node.output_size(); ++i)
    if (not node.output(i).empty()) output_count_ = static_cast<size_t>(i) + 1;
}

std::optional<int64_t> NodeContext::find_int(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::INT);
  return attribute != nullptr ? std::optional(attribute->i()) : std::nullopt;
}

std::optional<double> NodeContext::find_float(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::FLOAT);
  return attribute != nullptr ? std::optional<double>(attribute->f()) : std::nullopt;
}

std::optional<std::string> NodeContext::find_string(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::STRING);
  return attribute != nullptr ? std::optional(attribute->s()) : std::nullopt;
}

std::optional<std::vector<int64_t>> NodeContext::find_ints(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::INTS);
  if (attribute == nullptr) return {};
  return std::vector<int64_t>(attribute->ints().begin(), attribute->ints().end());
}

std::optional<std::vector<double>> NodeContext::find_floats(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::FLOATS);
  if (attribute == nullptr) return {};
  return std::vector<double>(attribute->floats().begin(), attribute->floats().end());
}

std::optional<std::vector<std::string>> NodeContext::find_strings(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::STRINGS);
  if (attribute == nullptr) return {};
  return std::vector<std::string>(attribute->strings().begin(), attribute->strings().end());
}

std::optional<Tensor> NodeContext::find_tensor(std::string_view name) const {
  const auto found = attributes_.find(name);
  if (found == attributes_.end()) return {};
  return in_context([&] { return fmt::format("attribute `{}`", name); },
                    [&] {
                      proto::AttributeProto& attribute = *found->second.attribute;
                      if (type_of(attribute) == Type::SPARSE_TENSOR)
                        return builder_.tensors().read(*find_attribute(attributes_, name, Type::SPARSE_TENSOR)->mutable_sparse_tensor());
                      return builder_.tensors().read(*find_attribute(attributes_, name, Type::TENSOR)->mutable_t());
                    });
}

std::optional<TensorType> NodeContext::find_type(std::string_view name) const {
  const proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::TYPE_PROTO);
  if (attribute == nullptr) return {};
  return in_context([&] { return fmt::format("attribute `{}`", name); },
                    [&]() -> std::optional<TensorType> {
                      const std::optional<DeclaredType> declared = declared_type(attribute->tp());
                      return declared ? std::optional(open_type(*declared, 0)) : std::nullopt;
                    });
}

std::pair<proto::GraphProto*, Scope*> NodeContext::body(std::string_view name) const {
  proto::AttributeProto* attribute = find_attribute(attributes_, name, Type::GRAPH);
  if (attribute == nullptr) fail("the attribute `{}` is missing, but the operator needs it", name);
  Scope& written_in = *attributes_.find(name)->second.written_in;
  if (&written_in.graph != &scope_.graph)
    fail_unsupported("the body `{}` is an attribute of a function that is used inside of another body", name);
  return {attribute->mutable_g(), &written_in};
}

ops::ImportedRegion NodeContext::region(std::string_view name) {
  const auto found = body(name);
  return in_context([&] { return fmt::format("body `{}`", name); },
                    [&] { return import_body(builder_, *this, *found.first, *found.second); });
}

ops::ImportedRegion NodeContext::typed_region(std::string_view name, const std::vector<TensorType>& inputs) {
  const auto found = body(name);
  const std::vector<std::optional<TensorType>> formals(inputs.begin(), inputs.end());
  return in_context([&] { return fmt::format("body `{}`", name); }, [&] { return builder_.region(*found.first, *found.second, formals); });
}

std::vector<ValueId> NodeContext::add(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<Graph> regions) {
  builder_.count_node();
  const std::string name = added_++ == 0 ? name_ : scope_.unique_node_name(fmt::format("{}/{}", name_, op.name()));
  const NodeId id = scope_.graph.add_node(std::move(op), std::move(inputs), outputs, {}, name, std::move(regions));
  Node& node = scope_.graph.mutable_node(id);
  node.provenance = {name_};
  unnamed_.insert(node.outputs.begin(), node.outputs.end());
  for (const ValueId output : node.outputs) check_size(scope_.graph.type(output).shape);
  return node.outputs;
}

ValueId NodeContext::constant(Tensor tensor) {
  const ValueId id = scope_.graph.add_constant(std::move(tensor));
  unnamed_.insert(id);
  return id;
}

void NodeContext::set_output(size_t index, ValueId value) {
  BURNISH_CHECK(value.valid(), "output {} of {} has no value", index, op_type());
  if (not wants_output(index)) return;
  define_named(scope_, node_.output(static_cast<int>(index)), value, unnamed_);
}

void NodeContext::finish() const {
  for (const std::string& output : node_.output())
    if (not output.empty() and not scope_.values.contains(output))
      fail("the operator has no output for `{}`: {} outputs are too many", output, node_.output_size());
}

void define_named(Scope& scope, const std::string& name, ValueId value, std::set<ValueId>& unnamed) {
  scope.define(name, value);
  if (unnamed.erase(value) > 0) scope.graph.mutable_value(value).name = scope.path + name;
}

}  // namespace burnish::onnx
